"""``openapi.yaml``: the API as a document, made from what the service itself checks with."""
