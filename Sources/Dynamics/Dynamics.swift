// The Dynamics module.
