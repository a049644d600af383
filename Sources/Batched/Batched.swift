// The Batched module.
