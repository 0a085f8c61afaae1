"""Writes reference.json: the same numbers as Dsd.Studies.Statistics from other implementations.

t and p: SciPy. Equivalence, Holm and numbers of pairs: statsmodels. Quantiles, powers of the noncentral t and Hedges's factor: mpmath at
30 digits, held against SciPy and statsmodels to their fewer ones. Permutations: enumeration with NumPy to 20 pairs, held against SciPy up
to 10; above, counting of whole numbers. Wilson's interval and McNemar's test: statsmodels. Newcombe's interval: his formula in mpmath,
held against the examples that he printed (Statistics in Medicine 17, 1998, pages 2635-2650, method 10). Bootstraps:
NumPy, with the same random numbers.

    python3 reference.py > reference.json
"""

import functools
import json
import math
from collections import Counter

import mpmath
import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

mpmath.mp.dps = 30
random = numpy.random.default_rng(20260101)


def enumerated(d):
    """The exact two-sided permutation p-value, by going through all signs."""
    n = len(d)
    observed, tolerance, count = abs(math.fsum(d)), 1e-9 * sum(map(abs, d)), 0
    for start in range(0, 2**n, 2**14):
        codes = numpy.arange(start, min(start + 2**14, 2**n))
        signs = 1.0 - 2.0 * ((codes[:, None] >> numpy.arange(n)) & 1)
        count += int(numpy.count_nonzero(numpy.abs(signs @ numpy.array(d)) >= observed - tolerance))
    p = count / 2**n
    if n <= 10:
        other = stats.permutation_test(
            (numpy.array(d), numpy.zeros(n)), lambda x, y, axis: numpy.mean(x - y, axis=axis),
            permutation_type="samples", n_resamples=math.inf, vectorized=True).pvalue
        assert abs(other - p) < 1e-12, (d, other, p)
    return p


def counted(whole):
    """The exact two-sided permutation p-value of whole numbers, by how often each sum comes."""
    sums = Counter({0: 1})
    for w in whole:
        following = Counter()
        for s, c in sums.items():
            following[s + w] += c
            following[s - w] += c
        sums = following
    return sum(c for s, c in sums.items() if abs(s) >= abs(sum(whole))) / 2 ** len(whole)


def above(t, df, delta):
    """P(T > t) of the noncentral t, by quadrature over the chi density."""
    t, df, delta = mpmath.mpf(t), mpmath.mpf(df), mpmath.mpf(delta)
    constant = mpmath.log(2) + df / 2 * mpmath.log(df / 2) - mpmath.loggamma(df / 2)
    spread = 1 / mpmath.sqrt(2 * df)
    points = sorted({p for p in [mpmath.mpf(0), *[1 + k * spread for k in (-9, -6, -3, 0, 3, 6, 9, 15)], *([(delta + k) / t for k in (-6, -3, 0, 3, 6)] if t else [])] if 0 <= p <= 1 + 15 * spread})
    return mpmath.quad(lambda s: mpmath.ncdf(delta - t * s) * mpmath.exp(constant + (df - 1) * mpmath.log(s) - df * s * s / 2) if s else mpmath.mpf(0), points)


def critical(alpha, df):
    """The two-sided critical value of Student's t, from the regularised beta function."""
    start = stats.t.isf(float(alpha) / 2, df)
    return mpmath.findroot(lambda t: mpmath.betainc(mpmath.mpf(df) / 2, 0.5, 0, df / (df + t * t), regularized=True) / alpha - 1, mpmath.mpf(start))


def power(n, effect, alpha):
    c, delta = critical(alpha, n - 1), mpmath.mpf(effect) * mpmath.sqrt(n)
    return above(c, n - 1, delta) + above(c, n - 1, -delta)


@functools.cache
def smallest(n, alpha, wanted):
    """The smallest effect found with a given power, in standard deviations."""
    start = TTestPower().solve_power(nobs=n, alpha=alpha, power=wanted)
    return float(mpmath.findroot(lambda x: power(n, x, alpha) - wanted, mpmath.mpf(float(start)), tol=1e-20))


def close(a, b, tolerance):
    numpy.testing.assert_allclose(a, b, rtol=tolerance)


def sample(d, whole=None):
    d = [float(x) for x in d]
    n = len(d)
    test, margin = stats.ttest_1samp(d, 0), round(float(abs(numpy.mean(d)) + random.uniform(0.2, 3) * stats.sem(d)), 6)
    confidence = float(random.choice([0.5, 0.9, 0.95, 0.99, 0.999]))
    low, high = (float(numpy.mean(d) + side * critical(1 - mpmath.mpf(confidence), n - 1) * stats.sem(d)) for side in (-1, 1))
    excluded = float(abs(numpy.mean(d)) + critical(mpmath.mpf("0.1"), n - 1) * stats.sem(d))
    detectable = smallest(n, 0.05, 0.8) * numpy.std(d, ddof=1)
    # SciPy's quantile of t, which these rest on, has about nine digits, statsmodels's root about six.
    close(stats.t.interval(confidence, n - 1, loc=numpy.mean(d), scale=stats.sem(d)), (low, high), 1e-7)
    close(max(map(abs, DescrStatsW(d).tconfint_mean(alpha=0.1))), excluded, 1e-7)
    close(TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8) * numpy.std(d, ddof=1), detectable, 1e-5)
    m = mpmath.mpf(n - 1)
    dz = float(numpy.mean(d) / numpy.std(d, ddof=1))
    return {
        "differences": d, "mean": float(numpy.mean(d)), "sd": float(numpy.std(d, ddof=1)), "t": float(test.statistic), "p": float(test.pvalue),
        "confidence": confidence, "low": low, "high": high,
        "permutation": counted(whole) if whole is not None else enumerated(d),
        "dz": dz, "g": float(dz * mpmath.gamma(m / 2) / (mpmath.sqrt(m / 2) * mpmath.gamma((m - 1) / 2))) if n > 2 else None,
        "excluded": excluded,
        "margin": margin, "equivalence": float(ttost_paired(numpy.array(d), numpy.zeros(n), -margin, margin)[0]),
        "detectable": float(detectable),
    }


samples = []
for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 17, 20):
    scale, shift = 10.0 ** random.integers(-3, 3), random.uniform(-1, 1)
    samples.append(sample(random.normal(shift, 1, n) * scale))
for n in (3, 5, 8, 11, 14, 18, 24, 33, 80):  # Differences of accuracies out of 1000, with ties.
    whole = [int(w) for w in random.integers(-6, 9, n)]
    base = random.integers(900, 980, n)
    samples.append(sample([(b + w) / 1000 - b / 1000 for b, w in zip(base, whole)], whole))

noncentral = [
    {"t": t, "df": df, "delta": delta, "above": float(above(t, df, delta))}
    for t, df, delta in [(0, 3, 1), (1, 1, 0.5), (12.706, 1, 3), (2.776, 4, 2.5), (2.776, 4, -2.5), (2.262, 9, 3), (2.03, 33, 2.9), (-1.5, 7, 0.4), (3.5, 12, 8), (1.96, 2000, 2.8), (636.6, 1, 40), (1.5, 2, 0)]
]
powers = []
for n, effect, alpha in [(2, 1, 0.05), (3, 0.5, 0.05), (3, 4, 0.01), (5, 1, 0.05), (5, 2, 0.001), (10, 0.9, 0.05), (20, 0, 0.1), (34, 0.5, 0.05), (33, 0.5, 0.05), (100, 0.28, 0.05), (1000, 0.1, 0.01), (8, 6, 0.05)]:
    p = power(n, effect, alpha)
    other = TTestPower().power(effect, n, alpha) if effect else alpha
    assert abs(other - p) < 1e-6, (n, effect, alpha, other, p)
    powers.append({"pairs": n, "effect": effect, "alpha": alpha, "power": float(p)})
detectable = []
for n, alpha, wanted in [(2, 0.05, 0.8), (3, 0.05, 0.8), (4, 0.01, 0.9), (5, 0.05, 0.8), (10, 0.05, 0.8), (10, 0.05, 0.5), (30, 0.001, 0.95), (200, 0.05, 0.8)]:
    detectable.append({"pairs": n, "alpha": alpha, "power": wanted, "effect": smallest(n, alpha, wanted)})
pairs = [
    {"effect": effect, "alpha": alpha, "power": wanted, "pairs": max(2, math.ceil(TTestPower().solve_power(effect_size=effect, alpha=alpha, power=wanted)))}
    for effect, alpha, wanted in [(0.5, 0.05, 0.8), (0.2, 0.05, 0.8), (0.8, 0.05, 0.8), (0.8, 0.01, 0.95), (1.5, 0.05, 0.9), (0.05, 0.05, 0.9)]
]
holm = []
for n in (1, 2, 5, 9, 20):
    raw = [float(p) for p in numpy.round(random.beta(0.5, 4, n), 3)]
    holm.append({"raw": raw, "adjusted": [float(p) for p in multipletests(raw, method="holm")[1]]})


def newcombe(both, first, second, neither, confidence):
    """Newcombe's method 10: Wilson's limits joined by the correlation phi, a positive one corrected for continuity."""
    n, z = both + first + second + neither, mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf(confidence))

    def wilson(x):
        p = mpmath.mpf(x) / n
        middle, reach = 2 * n * p + z**2, z * mpmath.sqrt(z**2 + 4 * n * p * (1 - p))
        return (middle - reach) / (2 * (n + z**2)), (middle + reach) / (2 * (n + z**2))

    p1, p2 = mpmath.mpf(both + first) / n, mpmath.mpf(both + second) / n
    (l1, u1), (l2, u2) = wilson(both + first), wilson(both + second)
    margins, excess = (both + first) * (second + neither) * (both + second) * (first + neither), both * neither - first * second
    phi = (max(excess - mpmath.mpf(n) / 2, 0) if excess > 0 else excess) / mpmath.sqrt(margins) if margins else 0
    low = p1 - p2 - mpmath.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    high = p1 - p2 + mpmath.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
    return float(low), float(high)


for counts, printed in [((36, 12, 2, 0), (0.0569, 0.3404)), ((18, 12, 2, 18), (0.0562, 0.3290)), ((53, 0, 0, 1), (-0.0729, 0.0729)), ((0, 30, 0, 0), (0.8395, 1))]:
    numpy.testing.assert_allclose(newcombe(*counts, 0.95), printed, atol=5.1e-5)
wilson = []
for successes, trials, confidence in [(81, 263, 0.95), (15, 148, 0.95), (1, 29, 0.95), (12, 13, 0.9), (5000, 10000, 0.99), (9999, 10000, 0.95)]:
    low, high = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
    wilson.append({"successes": successes, "trials": trials, "confidence": confidence, "low": float(low), "high": float(high)})
paired = []
for counts, confidence in [
    ((36, 12, 2, 0), 0.95), ((18, 12, 2, 18), 0.95), ((1, 1, 7, 12), 0.95), ((59, 6, 16, 80), 0.95), ((14, 5, 0, 22), 0.9), ((3, 4, 4, 3), 0.99),
    ((9100, 210, 150, 540), 0.95), ((9100, 450, 150, 300), 0.95), ((0, 3, 9, 0), 0.95), ((990000, 4000, 3900, 2100), 0.95)]:
    low, high = newcombe(*counts, confidence)
    p = mcnemar([[counts[0], counts[1]], [counts[2], counts[3]]], exact=True).pvalue
    apart = counts[1] + counts[2]
    exact = min(mpmath.mpf(1), 2 * mpmath.fsum(mpmath.binomial(apart, k) for k in range(min(counts[1:3]) + 1)) / mpmath.mpf(2) ** apart)
    close(float(p), float(exact), 1e-9)
    paired.append({"both": counts[0], "firstOnly": counts[1], "secondOnly": counts[2], "neither": counts[3], "confidence": confidence,
                   "low": low, "high": high, "mcnemar": float(exact)})

MASK, GOLDEN = 2**64 - 1, 0x9E3779B97F4A7C15


def mix(z):
    """The finaliser of SplitMix64, as in CounterRandom."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def bootstrap(first, second, weights, confidence, seed, draws=10_000):
    """Expanded percentiles of the difference of weighted means; rows are seeds, which are drawn too where there are several."""
    first, second, weights = numpy.array(first), numpy.array(second), numpy.array(weights)
    seeds, n = first.shape
    key = mix(seed)
    for c in "bootstrap":
        key = mix(key ^ ord(c))
    means = []
    for draw in range(draws):
        stream = mix((key + draw * GOLDEN) & MASK)
        numbers = [mix((stream + k * GOLDEN) & MASK) for k in range(n + seeds)]
        examples = [u * n >> 64 for u in numbers[:n]]
        rows = [u * seeds >> 64 for u in numbers[n:]] if seeds > 1 else [0]
        w = weights[examples]
        means.append(((first - second)[rows][:, examples] @ w).mean() / w.sum())
    k = min(seeds, n) if seeds > 1 else n
    tail = float(stats.norm.cdf(-math.sqrt(k / (k - 1)) * stats.t.isf((1 - confidence) / 2, k - 1)))
    low, high = numpy.quantile(means, [tail, 1 - tail], method="median_unbiased")
    return {"first": first.tolist(), "second": second.tolist(), "weights": weights.tolist(), "confidence": confidence, "seed": seed, "low": float(low), "high": float(high)}


drawn = [
    bootstrap(numpy.round(random.normal(1, 0.5, (seeds, n)), 3), numpy.round(random.normal(0.8, 0.5, (seeds, n)), 3), weights, confidence, seed)
    for seeds, n, weights, confidence, seed in [(1, 7, [1] * 7, 0.95, 5), (1, 12, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], 0.9, 0), (6, 9, [1] * 9, 0.95, 1), (8, 20, [1 + k % 3 for k in range(20)], 0.99, 2)]
]

print(json.dumps({
    "madeBy": f"reference.py with scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, mpmath {mpmath.__version__}, numpy {numpy.__version__}",
    "samples": samples, "noncentral": noncentral, "powers": powers, "detectable": detectable, "pairs": pairs, "holm": holm, "wilson": wilson, "paired": paired, "bootstrap": drawn}, indent=1))
