// The Compiled module.
