"""What two or more services need: contracts, Kafka, observability, settings, clock."""
