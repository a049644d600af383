import Programs

/// The value where it is less than the bound, else the bound: which unlike `min` a NaN becomes. For what the solver decides by,
/// which has to go on; members' numbers stay NaN.
func bounded(_ value: Staged, below bound: Staged) -> Staged { select(value .< bound, value, bound) }

/// The value where it is greater than the bound, else the bound, also of a NaN.
func bounded(_ value: Staged, above bound: Staged) -> Staged { select(value .> bound, value, bound) }
