"""Writes reference.json: the same numbers as Dsd.Studies.Statistics from other implementations.

t and p: SciPy. Equivalence, Holm and numbers of pairs: statsmodels. Quantiles, powers of the noncentral t and Hedges's factor: mpmath at
30 digits, held against SciPy and statsmodels to their fewer ones. Permutations: enumeration with NumPy to 20 pairs, held against SciPy up
to 10; above, counting of whole numbers.

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
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
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

print(json.dumps({
    "madeBy": f"reference.py with scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, mpmath {mpmath.__version__}, numpy {numpy.__version__}",
    "samples": samples, "noncentral": noncentral, "powers": powers, "detectable": detectable, "pairs": pairs, "holm": holm}, indent=1))
