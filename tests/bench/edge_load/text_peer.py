"""The peer of the text figures: FastAPI over scikit-learn's TF-IDF (words 1-2, char_wb 2-5) and LinearSVC.

    text_peer.py PORT TRAIN.csv

TRAIN.csv has the rows that the bundle was trained on.
"""
import csv
import sys

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

csv.field_size_limit(10**9)
with open(sys.argv[2], encoding="utf-8-sig", newline="") as file:
    rows = list(csv.DictReader(file))
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ),
    LinearSVC(),
)
model.fit([f"{r['designation']} {r['description']}".strip() for r in rows], [r["prdtypecode"] for r in rows])
classes = [str(code) for code in model.classes_]


class Product(BaseModel):
    designation: str = ""
    description: str = ""


app = FastAPI()


@app.get("/readyz")
async def ready():
    return {"ready": True}


# async: without it each request goes through a pool of threads, which costs a third more
@app.post("/v1/predict")
async def predict(product: Product):
    scores = model.decision_function([f"{product.designation} {product.description}".strip()])[0]
    top = np.argsort(-scores)[:5]
    return {
        "code": classes[top[0]],
        "top": [{"code": classes[i], "score": float(scores[i])} for i in top],
    }


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
