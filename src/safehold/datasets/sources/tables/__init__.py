"""Tables: datasets whose records are rows, with the media inside, beside them, or nowhere.

In: Parquet files, or manifests of JSONL and CSV lines. Out: their plans, their rows as records (or as whole columns,
where there is only metadata), and the same file again without the rows that go.
"""
