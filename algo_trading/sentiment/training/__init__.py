"""Train and evaluate the models on labelled texts."""
