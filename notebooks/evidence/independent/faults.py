"""Shows that check.py can fail: changes one line of it at a time, as a fault of that kind in Dsd would, and prints what it then finds for seed 1.
   python3 notebooks/evidence/independent/faults.py [FOLDER OF EXPORT.FSX]"""
import csv, subprocess, sys, tempfile
from pathlib import Path

FAULTS = [
    ("none", "", ""),
    ("biases do not decay", "DECAY * net[n])", "DECAY * net[n] * n.endswith('weight'))"),
    ("momentum takes a tenth of each gradient", "MOMENTUM * momentum[n] + (g", "MOMENTUM * momentum[n] + (0.1 * g"),
    ("the mask zeroes weights once but is not held", "rate * momentum[n]) * masks.get(n, 1)", "rate * momentum[n])"),
    ("one weight too many is kept in each layer", "- round(weight.size * sparsity)", "- round(weight.size * sparsity) + 1"),
    ("pruned weights keep their momentum when the mask is lifted", "{n: m * masks.get(n, 1) for n, m", "{n: m for n, m"),
    ("all momentum is lost when the mask is lifted", "{n: m * masks.get(n, 1) for n, m", "{n: m * (0 if masks else 1) for n, m"),
    ("each phase reaches its last rate one step early", "step / (epochs * epoch))", "step / (epochs * epoch - 1))"),
    ("the control trains its last phase at the rates of the first", "for phase, epochs, high, low, sparsity in PHASES:", "for phase, epochs, high, low, sparsity in PHASES if is_pruned else PHASES[:2] + [('redense', 1, 0.05, 0.0005, 0)]:"),
]

folder = sys.argv[1] if len(sys.argv) > 1 else "runs/independent"
check = Path(__file__).with_name("check.py").read_text()
check = check.replace("for seed in (1, 2, 3)", "for seed in (1,)").replace("[True] * 24", "[True] * 8")
columns = ["difference", "steps", "weights", "mask", "rule"]
rows = [["fault", *columns, "exit code"]]
with tempfile.TemporaryDirectory() as place:
    for name, line, changed in FAULTS:
        assert not line or check.count(line) == 1, line
        text = check.replace(line, changed) if line else check
        Path(place, "check.py").write_text(text.replace('FOLDER / "results.csv"', f'"{place}/results.csv"'))
        code = subprocess.run([sys.executable, f"{place}/check.py", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        found = list(csv.DictReader(open(f"{place}/results.csv")))
        largest = [max((r[c] for r in found), key=float) for c in columns]
        rows.append([name, *largest, code])
        print("| " + " | ".join(map(str, rows[-1])) + " |", flush=True)
csv.writer(open(Path(folder, "faults.csv"), "w", newline=""), lineterminator="\n").writerows(rows)
