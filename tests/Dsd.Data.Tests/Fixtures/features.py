"""Writes one small matrix, four images of three numbers, in the files that features come in: by NumPy and SciPy (1.24 and 1.10 were used).

Element (image, number) is 10·image + number + 0.5. Run it in this folder: python3 features.py
"""
import numpy
import scipy.io

rows = numpy.array([[10 * i + j + 0.5 for j in range(3)] for i in range(4)])
numpy.save("features-32.npy", rows.astype("<f4"))
numpy.save("features-64-columns-first.npy", numpy.asfortranarray(rows))
numpy.save("features-whole.npy", rows.astype("<i4"))
numpy.save("features-flat.npy", rows.reshape(-1))
others = {"about": "made up", "count": numpy.arange(5.0)}
scipy.io.savemat("feats-packed.mat", {**others, "feats": rows.T.astype("<f4")}, do_compression=True)
scipy.io.savemat("feats-plain.mat", {**others, "feats": rows.T}, do_compression=False)
scipy.io.savemat("feats-none.mat", others, do_compression=True)
