"""What goes first when there are more tasks than places."""

from typing import TYPE_CHECKING

from airflow.task.priority_strategy import PriorityWeightStrategy
from airflow.utils.types import DagRunType

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

BACKFILL_WEIGHT = 1


class LiveFirst(PriorityWeightStrategy):
    """The weight of the task; in a backfill the least: what has just closed goes before what is long past."""

    def get_weight(self, ti: "TaskInstance") -> int:
        """As the run's id says: Airflow asks before the instance knows its run."""
        if ti.run_id.startswith(f"{DagRunType.BACKFILL_JOB.value}__"):
            return BACKFILL_WEIGHT
        return ti.task.priority_weight if ti.task else BACKFILL_WEIGHT
