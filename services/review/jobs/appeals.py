"""Folds the topic `appeals` into the database."""

from services.review.appeals.intake import take_appeals
from services.review.database.engine import Database
from services.review.jobs.duty import Duty
from services.review.jobs.log_duty import LogDuty
from services.review.settings import Settings
from shared.contracts.topics import APPEALS

NAME = "appeals"


def duty(settings: Settings, database: Database) -> Duty:
    return LogDuty(NAME, APPEALS, database, settings.kafka, take_appeals)
