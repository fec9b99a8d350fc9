"""The messages on Kafka, their codec and the registry of topics."""
