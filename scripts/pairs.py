"""What the comparisons with peer programs share: pairs of runs and what they say.

Both programs run once a pair, the order turns round from pair to pair, and the unit is the
process. The interval is the rule of harness/stats (Yuen 1974): paired differences of
logarithms, trimmed and winsorised by 0, 1 or 3 on each side for 8, 16 or 32 pairs.
"""

import csv
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

# pairs: (trimmed on each side, Student t at 0.975 with pairs - 2 trimmed - 1 degrees of freedom)
RULES = {8: (0, 2.3646), 16: (1, 2.1604), 32: (3, 2.0595)}


def fail(text):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {text}")


def ratio(ours, theirs):
    """(ratio, low, high) of ours to theirs, at 95 %."""
    count = len(ours)
    trim, t = RULES[count]
    d = sorted(math.log(a / b) for a, b in zip(ours, theirs))
    kept = d[trim : count - trim]
    mean = statistics.fmean(kept)
    winsorised = [kept[0]] * trim + kept + [kept[-1]] * trim
    half = t * statistics.stdev(winsorised) / ((1 - 2 * trim / count) * math.sqrt(count))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def cv(values):
    """Spread from process to process, robust: 1.4826 MAD / median."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(v - middle) for v in values) / middle


def run(command, env=None, **options):
    """Standard output of a command; its failure ends the script."""
    try:
        done = subprocess.run(
            command, env={**os.environ, "LC_ALL": "C", **(env or {})}, text=True, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, **options)
    except OSError as error:
        fail(f"{command[0]}: {error.strerror}")
    if done.returncode:
        fail(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def alternate(pairs, ours, theirs, show):
    """Runs both `pairs` times; the one that goes first changes."""
    if pairs not in RULES:
        fail("the number of pairs is 8, 16 or 32")
    a, b = [], []
    for i in range(pairs):
        if i % 2:
            b.append(theirs())
            a.append(ours())
        else:
            a.append(ours())
            b.append(theirs())
        print(f"  pair {i + 1:2}: {show(a[-1], b[-1])}", file=sys.stderr, flush=True)
    return a, b


class Assay:
    """Runs a suite of one section in a fresh process and reads its samples."""

    def __init__(self):
        home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.program = os.environ.get("ASSAY", os.path.join(home, "build", "assay"))
        if not os.access(self.program, os.X_OK):
            fail(f"{self.program} is not there: run make, or set ASSAY=PATH")
        self.seed = 0

    def rows(self, sections, gate, prefix=(), keep=None):
        """Rows of samples.csv of one run; keep: a folder that the bundle is put into.

        The last section gets one process. Each call has another seed, so another order of the ring
        and other data.
        """
        self.seed += 1
        scratch = tempfile.mkdtemp(prefix="assay-compare-")
        try:
            suite = os.path.join(scratch, "compare.ini")
            bundle = keep or os.path.join(scratch, "bundle")
            with open(suite, "w", encoding="utf-8") as f:
                f.write(f"[suite]\nsummary = comparison with a peer\ngate = {gate}\n\n"
                        f"{sections}\nprocesses = 1\n")
            run([*prefix, self.program, "run", suite, f"--out={bundle}",
                 f"--seed={self.seed}"])
            with open(os.path.join(bundle, "samples.csv"), newline="", encoding="utf-8") as f:
                return list(csv.DictReader(f))
        finally:
            shutil.rmtree(scratch)

    def samples(self, section, gate, metric, prefix=(), keep=None):
        """Values of a metric by their labels, of one section."""
        values = {}
        for row in self.rows(section, gate, prefix, keep):
            if row["metric"] == metric:
                values.setdefault(row["labels"], []).append(float(row["value"]))
        if not values:
            fail(f"assay gave no {metric}: see `{self.program} run` with\n{section}")
        return values


def verdict(name, ours, theirs, unit, factor, low_limit=0.97, high_limit=1.03, widest=0.10):
    """Prints one comparison; True where the interval is narrow and meets the limits."""
    r, low, high = ratio(ours, theirs)
    meets = low <= high_limit and high >= low_limit
    narrow = high - low <= widest
    word = "AGREE" if meets and narrow else "DIFFER" if not meets else "UNRESOLVED (too noisy)"
    print(f"{name}: assay {statistics.median(ours) * factor:.4g} {unit}, "
          f"peer {statistics.median(theirs) * factor:.4g} {unit}, ratio {r:.4f} "
          f"[{low:.4f}, {high:.4f}] 95 %, {len(ours)} pairs, spread between processes "
          f"{cv(ours):.2%} and {cv(theirs):.2%}: {word}")
    return meets and narrow
