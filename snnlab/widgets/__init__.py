"""What a person touches in a notebook: the dashboard, the model card, the progress bar."""
