"""Makes distributions.csv and sobol.csv of this folder: python3 make_references.py (SciPy 1.17, mpmath 1.3).

distributions.csv: every value to 17 digits, computed with 50 digits by mpmath from the exact doubles in the row and
compared with scipy.stats on the way. Quantities: quantile (argument p), upper (argument q = 1 - p), cumulative and
survival (argument x), mean, variance. A name ending in "|low|high" is truncated to that interval.
sobol.csv: points of scipy.stats.qmc.Sobol(256, scramble=False, bits=64); the far ones as the sum of its direction
numbers that the Gray code of the index names.
"""

import csv
import mpmath as mp
import numpy as np
from scipy import stats

mp.mp.dps = 50
SQRT2 = mp.sqrt(2)


class Reference:
    """Lower and upper tail as mpmath functions, support, SciPy's frozen twin."""

    def __init__(self, lower, upper, support, twin, density):
        self.lower, self.upper, self.support, self.twin, self.density = lower, upper, support, twin, density


def normal(m, s):
    m, s = mp.mpf(m), mp.mpf(s)
    return Reference(lambda x: mp.erfc(-(x - m) / s / SQRT2) / 2, lambda x: mp.erfc((x - m) / s / SQRT2) / 2,
                     (-mp.inf, mp.inf), stats.norm(float(m), float(s)),
                     lambda x: mp.exp(-((x - m) / s) ** 2 / 2) / s / mp.sqrt(2 * mp.pi))


def lognormal(m, s):
    n = normal(m, s)
    return Reference(lambda x: n.lower(mp.log(x)), lambda x: n.upper(mp.log(x)), (mp.mpf(0), mp.inf),
                     stats.lognorm(s, scale=np.exp(m)), lambda x: n.density(mp.log(x)) / x)


def uniform(a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    return Reference(lambda x: (x - a) / (b - a), lambda x: (b - x) / (b - a), (a, b),
                     stats.uniform(float(a), float(b - a)), lambda x: 1 / (b - a))


def loguniform(a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    w = mp.log(b / a)
    return Reference(lambda x: mp.log(x / a) / w, lambda x: mp.log(b / x) / w, (a, b),
                     stats.loguniform(float(a), float(b)), lambda x: 1 / x / w)


def triangular(a, c, b):
    a, c, b = mp.mpf(a), mp.mpf(c), mp.mpf(b)

    def upper(x):
        return 1 - (x - a) ** 2 / (b - a) / (c - a) if x < c else (b - x) ** 2 / (b - a) / (b - c)

    def density(x):
        return 2 * (x - a) / (b - a) / (c - a) if x < c else 2 * (b - x) / (b - a) / (b - c)
    return Reference(lambda x: 1 - upper(x) if x >= c else (x - a) ** 2 / (b - a) / (c - a), upper, (a, b),
                     stats.triang(float((c - a) / (b - a)), float(a), float(b - a)), density)


def exponential(m):
    m = mp.mpf(m)
    return Reference(lambda x: -mp.expm1(-x / m), lambda x: mp.exp(-x / m), (mp.mpf(0), mp.inf),
                     stats.expon(scale=float(m)), lambda x: mp.exp(-x / m) / m)


def gamma(k, s):
    k, s = mp.mpf(k), mp.mpf(s)
    tiny = mp.mpf(10) ** -1000

    def series(x):
        total = term = mp.mpf(1)
        n = k
        while term > total * mp.eps:
            n += 1
            term *= x / n
            total += term
        return mp.exp(k * mp.log(x) - x - mp.loggamma(k + 1)) * total

    def fraction(x):
        b, n = x + 1 - k, 0
        c, d = 1 / tiny, 1 / b
        h, factor = d, mp.mpf(0)
        while abs(factor - 1) > mp.eps:
            n += 1
            b += 2
            d = 1 / (b - n * (n - k) * d)
            c = b - n * (n - k) / c
            factor = c * d
            h *= factor
        return mp.exp(k * mp.log(x) - x - mp.loggamma(k)) * h

    return Reference(lambda x: series(x / s) if x / s < k + 1 else 1 - fraction(x / s),
                     lambda x: fraction(x / s) if x / s >= k + 1 else 1 - series(x / s), (mp.mpf(0), mp.inf),
                     stats.gamma(float(k), scale=float(s)),
                     lambda x: mp.exp((k - 1) * mp.log(x / s) - x / s - mp.loggamma(k)) / s)


def beta(p, q, a, b):
    p, q, a, b = map(mp.mpf, (p, q, a, b))

    def one(u, v, x):
        # The hypergeometric series with positive terms, which does not cancel.
        return mp.exp(u * mp.log(x) + v * mp.log1p(-x) + mp.loggamma(u + v) - mp.loggamma(u + 1) - mp.loggamma(v)) \
            * mp.hyp2f1(1, u + v, u + 1, x)

    def lower(x):
        t = (x - a) / (b - a)
        return one(p, q, t) if t * (p + q) < p else 1 - one(q, p, 1 - t)

    def upper(x):
        t = (x - a) / (b - a)
        return one(q, p, 1 - t) if t * (p + q) > p else 1 - one(p, q, t)
    return Reference(lower, upper, (a, b), stats.beta(float(p), float(q), float(a), float(b - a)),
                     lambda x: mp.exp((p - 1) * mp.log((x - a) / (b - a)) + (q - 1) * mp.log((b - x) / (b - a))
                                      - mp.log(mp.beta(p, q))) / (b - a))


def truncated(base, low, high):
    low, high = max(mp.mpf(low), base.support[0]), min(mp.mpf(high), base.support[1])
    # One side for both, the one where the interval's probabilities are small.
    if base.lower(low) < 0.5:
        mass = base.lower(high) - base.lower(low) if mp.isfinite(high) else base.upper(low)
        return Reference(lambda x: (base.lower(x) - base.lower(low)) / mass,
                         lambda x: ((base.lower(high) if mp.isfinite(high) else 1) - base.lower(x)) / mass,
                         (low, high), None, lambda x: base.density(x) / mass)
    top = base.upper(high) if mp.isfinite(high) else mp.mpf(0)
    mass = base.upper(low) - top
    return Reference(lambda x: (base.upper(low) - base.upper(x)) / mass, lambda x: (base.upper(x) - top) / mass,
                     (low, high), None, lambda x: base.density(x) / mass)


def root(tail, target, support, near_low):
    """Bisection, then Ridders' method, on the logarithm of a tail, in the logarithm of the distance to an end."""
    a, b = support
    if mp.isfinite(a) and (near_low or not mp.isfinite(b)):
        value, zero = lambda u: a + mp.exp(u), a
    elif mp.isfinite(b):
        value, zero = lambda u: b - mp.exp(u), b
    else:
        value, zero = lambda u: u, None
    if zero is None:
        u0, u1 = mp.mpf(-60), mp.mpf(60)
    else:
        u0 = mp.mpf(-700 if zero == 0 else -25)
        u1 = mp.log(b - a) - mp.mpf("1e-30") if mp.isfinite(b) else mp.log(1e8)

    def f(u):
        return mp.log(tail(value(u))) - mp.log(target)
    sign = mp.sign(f(u0))
    if sign == mp.sign(f(u1)):
        return None  # it underflows, or no digits are left between it and the end
    for _ in range(40):
        middle = (u0 + u1) / 2
        u0, u1 = (middle, u1) if mp.sign(f(middle)) == sign else (u0, middle)
    u = mp.findroot(f, (u0, u1), solver="ridder", tol=1e-40, maxsteps=200, verify=False)
    assert abs(f(u)) < 1e-25, (target, u, f(u))
    return value(u)


CASES = [
    ("uniform", [-3, 5], uniform), ("loguniform", [1e-3, 50], loguniform), ("loguniform", [2, 2.001], loguniform),
    ("normal", [0, 1], normal), ("normal", [12.5, 0.3], normal), ("lognormal", [-1.2, 0.7], lognormal),
    ("triangular", [-1, 0.5, 4], triangular), ("exponential", [2.5], exponential),
    *[("gamma", [k, 1.5], gamma) for k in (0.01, 0.3, 1, 2.5, 9, 60, 1500, 40000)],
    *[("beta", [a, b, -2, 3], beta) for a, b in
      ((0.05, 0.4), (0.5, 0.5), (1, 3), (2, 5), (0.7, 30), (12, 3.5), (150, 220), (3000, 11))],
]
TRUNCATED = [
    ("normal", [0, 1], normal, [-1, 2]), ("normal", [0, 1], normal, [6, 9]), ("normal", [0, 1], normal, [-30, -20]),
    ("normal", [0, 1], normal, [8, np.inf]), ("gamma", [2.5, 1.5], gamma, [1, 4]), ("gamma", [0.3, 1.5], gamma, [9, 30]),
    ("beta", [2, 5, -2, 3], beta, [1, 2.5]), ("triangular", [-1, 0.5, 4], triangular, [0, 3]),
    ("lognormal", [-1.2, 0.7], lognormal, [0.1, 0.5]), ("exponential", [2.5], exponential, [10, 12]),
]
PROBABILITIES = [1e-200, 1e-20, 1e-8, 1e-3, 0.02, 0.1, 0.25, 0.4, 0.5]


def main():
    rows, worst = [], {}

    def put(name, parameters, quantity, argument, value):
        rows.append((name, " ".join(repr(float(p)) for p in parameters), quantity, argument, mp.nstr(value, 18)))

    for name, parameters, make in CASES:
        reference = make(*parameters)
        for p in PROBABILITIES:
            for quantity, tail, guess in (("quantile", reference.lower, reference.twin.ppf),
                                          ("upper", reference.upper, reference.twin.isf)):
                start = guess(p)
                x = root(tail, mp.mpf(p), reference.support, quantity == "quantile")
                if x is None:
                    continue
                error = abs(float(x) - start) / (abs(start) or 1)
                worst[name] = max(worst.get(name, 0), error)
                put(name, parameters, quantity, repr(p), x)
                # The tail at the nearest double, exactly.
                back = float(x)
                put(name, parameters, "cumulative", repr(back), reference.lower(mp.mpf(back)))
                put(name, parameters, "survival", repr(back), reference.upper(mp.mpf(back)))
        mean, variance = mp.mpf(float(reference.twin.mean())), mp.mpf(float(reference.twin.var()))
        if name == "loguniform":  # SciPy's variance cancels for a narrow range
            a, b = reference.support
            mean = (b - a) / mp.log(b / a)
            variance = (b * b - a * a) / 2 / mp.log(b / a) - mean * mean
        put(name, parameters, "mean", "", mean)
        put(name, parameters, "variance", "", variance)
    for name, parameters, make, (low, high) in TRUNCATED:
        base = make(*parameters)
        reference = truncated(base, low, high)
        label = f"{name}|{float(low)!r}|{float(high)!r}"
        a, b = reference.support
        for p in (1e-6, 0.01, 0.3, 0.5, 0.8, 0.999):
            p = float(p)
            low_x, high_x = a, b if mp.isfinite(b) else a + 40
            for _ in range(200):
                middle = (low_x + high_x) / 2
                low_x, high_x = (middle, high_x) if reference.lower(middle) < p else (low_x, middle)
            put(label, parameters, "quantile", repr(p), low_x)
        grid = [a, *([mp.mpf(parameters[1])] if name == "triangular" else []), b]
        if not mp.isfinite(b):
            grid = [a, a + 1, a + 4, a + 30]
        elif b - a > 5:
            grid = list(mp.linspace(a, b, 9))
        mean = mp.quad(lambda x: x * reference.density(x), grid)
        put(label, parameters, "mean", "", mean)
        put(label, parameters, "variance", "", mp.quad(lambda x: (x - mean) ** 2 * reference.density(x), grid))
    with open("distributions.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("distribution", "parameters", "quantity", "argument", "value"))
        writer.writerows(rows)
    print(len(rows), "rows; SciPy differs by at most", worst)

    dimensions = 256
    points = stats.qmc.Sobol(dimensions, scramble=False, bits=64).random(1024)
    directions = stats.qmc.Sobol(dimensions, scramble=False, bits=64)._sv
    with open("sobol.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("index", "coordinates of dimensions 1 to 256"))
        for index in (1, 2, 3, 5, 13, 100, 511, 1023):
            writer.writerow((index, " ".join(repr(float(v)) for v in points[index])))
        for index in (10**6 + 1, 10**12 + 7):
            gray = index ^ index >> 1
            total = np.zeros(dimensions, dtype=np.uint64)
            for bit in range(64):
                if gray >> bit & 1:
                    total ^= directions[:, bit]
            writer.writerow((index, " ".join(repr(float(int(v) >> 11) * 2.0**-53) for v in total)))


main()
