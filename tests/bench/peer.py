"""The peer of the figures: TF-IDF (words 1-2, char_wb 2-5) and LinearSVC of scikit-learn, as a user would pick them.

    peer.py TRAIN.csv X.csv Y.csv

fits on TRAIN.csv (columns designation, description, prdtypecode), scores X.csv, and prints one JSON object: wall and
CPU seconds of the fit, weighted F1 and accuracy. Times are of fitting alone, not of starting Python or reading files.
"""
import csv
import json
import resource
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

csv.field_size_limit(10**9)


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def texts(products):
    return [f"{p['designation']} {p['description']}".strip() for p in products]


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


train, x, y = (rows(path) for path in sys.argv[1:4])
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ),
    LinearSVC(),
)
train_texts, codes = texts(train), [p["prdtypecode"] for p in train]
wall, used = time.perf_counter(), cpu()
model.fit(train_texts, codes)
wall, used = time.perf_counter() - wall, cpu() - used
code_of = {row[""]: row["prdtypecode"] for row in y}
truth, guesses = [code_of[p[""]] for p in x], model.predict(texts(x))
print(json.dumps({
    "seconds": wall,
    "cpuSeconds": used,
    "weightedF1": f1_score(truth, guesses, average="weighted"),
    "accuracy": accuracy_score(truth, guesses),
}))
