"""The peer of the study: the model of peer.py on given folds.

    peer_folds.py < {"texts": [..], "codes": [..], "folds": [fold of each row]}

fits on all folds but one, guesses that one, for each; prints one JSON object: the guess for each row and CPU seconds.
"""
import json
import resource
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

given = json.load(sys.stdin)
texts, codes, folds = given["texts"], given["codes"], given["folds"]
guesses = [None] * len(texts)
before = resource.getrusage(resource.RUSAGE_SELF)
for fold in sorted(set(folds)):
    train = [i for i, f in enumerate(folds) if f != fold]
    held = [i for i, f in enumerate(folds) if f == fold]
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LinearSVC(),
    )
    model.fit([texts[i] for i in train], [codes[i] for i in train])
    for i, guess in zip(held, model.predict([texts[i] for i in held])):
        guesses[i] = str(guess)
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "guesses": guesses,
    "cpuSeconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
}))
