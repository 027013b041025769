"""Writes oracle.json: what R, SciPy and NumPy say of the samples that the Kayenta judge is tested with.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6     (R 4.2.2 from Debian's r-base-core)
    venv/bin/python test/domain/judge/kayenta/oracle.py && npx biome check --write test/domain/judge/kayenta

The interval is R's wilcox.test; the shift is R's uniroot, given R's rank() and Kayenta's continuity correction, which
wilcox.test leaves out of its estimate. The label follows from these numbers by the rules of the judge, written again.
"""
import json
import math
import pathlib
import subprocess

import numpy as np
from scipy import stats

R = r"""
lines <- readLines(file("stdin"))
for (line in lines) {
  halves <- strsplit(line, ";")[[1]]
  x <- as.numeric(strsplit(halves[1], ",")[[1]])
  y <- as.numeric(strsplit(halves[2], ",")[[1]])
  level <- as.numeric(halves[3])
  interval <- suppressWarnings(
    wilcox.test(x, y, conf.int = TRUE, conf.level = level, exact = FALSE, correct = TRUE)$conf.int)
  z <- function(shift) {
    ranks <- rank(c(x - shift, y)); n <- length(x); m <- length(y); t <- table(ranks)
    above <- sum(ranks[seq_along(x)]) - n * (n + 1) / 2 - n * m / 2
    (above - sign(above) / 2) / sqrt(n * m / 12 * (n + m + 1 - sum(t^3 - t) / ((n + m) * (n + m - 1))))
  }
  shift <- uniroot(z, c(min(x) - max(y), max(x) - min(y)), tol = 1e-4)$root
  cat(sprintf("%.17g %.17g %.17g %.17g\n", interval[1], interval[2], shift, z(0)))
}
"""


def samples():
    yield "4 against 4 of Kayenta's suite", 0.95, [10, 20, 30, 40], [1, 2, 3, 4]
    yield "seven of ten bad, spinnaker#6278", 0.98, [100] * 7 + [1] * 3, [1] * 10
    yield "eight of ten bad, spinnaker#6278", 0.98, [100] * 8 + [1] * 2, [1] * 10
    yield "sparse errors, kayenta#426", 0.98, [0, 1, 2, 1, 0, 0], [0] * 6
    yield "gray alone is zero", 0.98, [0] * 5, [54.9, 54.5, 55.1, 55.6, 57.4]
    yield "one against three", 0.98, [3], [1, 2, 4]
    random = np.random.default_rng(20260101)
    for n, m, shift in [(5, 7, 0), (12, 12, 1.5), (30, 30, 0.2), (60, 60, 0.8), (50, 200, -0.5), (90, 90, 0)]:
        yield f"normal {n} against {m}, {shift:+}", 0.98, random.normal(10 + shift, 1, n), random.normal(10, 1, m)
    for n, requests, bad in [(50, 40, (0.02, 0.02)), (50, 40, (0.06, 0.02)), (60, 600, (0.005, 0.01)), (100, 60, (0.01, 0.03))]:
        for scale in (1, 1e6):
            gray, stable = (random.binomial(requests, p, n) / requests * scale for p in bad)
            yield f"rates of {requests} requests × {scale:g}, {bad[0]} against {bad[1]}", 0.98, gray, stable
    for n, most in [(20, 2), (80, 3), (120, 5)]:
        yield f"counts up to {most}, {n}", 0.98, random.integers(0, most + 1, n), random.integers(0, most, n)
    yield "skewed, other spread", 0.98, random.lognormal(0, 1.2, 40), random.lognormal(0, 0.4, 40)


def label(low, high, shift, ratio):
    clear = 0.25 * abs(shift)
    if low > clear and (math.isnan(ratio) or ratio >= 1):
        return "High"
    return "Low" if high < -clear and (math.isnan(ratio) or ratio <= 1) else "Pass"


def short(values):
    return [float(f"{value:.6g}") for value in np.asarray(values, float)]


def tested():
    cases = [(name, level, short(x), short(y)) for name, level, x, y in samples()]
    told = [f"{','.join(map(repr, x))};{','.join(map(repr, y))};{level}" for _, level, x, y in cases]
    r = subprocess.run(["Rscript", "-e", R], input="\n".join(told) + "\n", capture_output=True, text=True, check=True)
    for (name, level, x, y), line in zip(cases, r.stdout.splitlines(), strict=True):
        low, high, shift, standardised = map(float, line.split())
        cles = stats.mannwhitneyu(x, y, method="asymptotic").statistic / (len(x) * len(y))
        ratio = np.mean(x) / np.mean(y) if np.mean(x) and np.mean(y) else math.nan
        numbers = {"low": low, "high": high, "shift": shift, "standardised": standardised, "cles": cles}
        numbers["meanRatio"] = None if math.isnan(ratio) else ratio
        yield {"name": name, "level": level, "gray": x, "stable": y, **numbers, "label": label(low, high, shift, ratio)}


def cleaned():
    random = np.random.default_rng(20260102)
    for size, factor in [(1, 3), (2, 3), (8, 1.5), (30, 3), (60, 1.5), (150, 1.5), (150, 3)]:
        values = np.array(short(random.standard_t(2, size)))
        q = {p: np.percentile(values, p, method="linear") for p in (1, 25, 75, 99)}
        low = min(q[1], q[25] - factor * (q[75] - q[25]))
        high = max(q[99], q[75] + factor * (q[75] - q[25]))
        kept = values[(values >= low) & (values <= high)]
        yield {"factor": factor, "values": list(values), "percentiles": list(q.values()), "kept": list(kept)}


if __name__ == "__main__":
    answer = {"test": list(tested()), "outliers": list(cleaned())}
    pathlib.Path(__file__).with_name("oracle.json").write_text(json.dumps(answer, ensure_ascii=False) + "\n")
