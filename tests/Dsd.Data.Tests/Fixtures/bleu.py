"""Writes bleu.json: corpora of made-up sentences and their BLEU-1 to BLEU-4 as NLTK's corpus_bleu gives them (3.8 was used).

NLTK counts a sentence of fewer than n words as if it had one n-gram, which the script multi-bleu does not, so that only those BLEU-n are
written of which each sentence has an n-gram. Run it in this folder: python3 bleu.py
"""
import json
import random
import warnings
from nltk.translate.bleu_score import corpus_bleu

warnings.simplefilter("ignore")
random.seed(7)
corpora = []
for sentences, words, shortest, longest, most in [(1, 3, 4, 6, 1), (5, 3, 4, 9, 3), (20, 3, 1, 9, 3), (40, 4, 3, 12, 5), (40, 8, 4, 20, 5), (10, 3, 2, 3, 2), (30, 4, 8, 12, 4), (30, 5, 4, 5, 2)]:
    candidates, references = [], []
    for _ in range(sentences):
        sentence = lambda low, high: [random.choice("abcdefgh"[:words]) for _ in range(random.randint(low, high))]
        candidates.append(sentence(shortest, longest))
        references.append([sentence(max(1, shortest), longest + 3) for _ in range(random.randint(1, most))])
    scores = [corpus_bleu(references, candidates, weights=[1 / n] * n) for n in range(1, 1 + min([4] + [len(c) for c in candidates]))]
    corpora.append({
        "candidates": [" ".join(c) for c in candidates],
        "references": [[" ".join(r) for r in rs] for rs in references],
        "bleu": [score if score > 1e-50 else 0 for score in scores],
    })
with open("bleu.json", "w") as file:
    json.dump(corpora, file)
    file.write("\n")
