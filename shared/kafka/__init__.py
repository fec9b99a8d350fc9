"""How processes speak to Kafka: set-up of topics, producer, consumers assigned by hand."""
