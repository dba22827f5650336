"""`reelmill serve`, with stand-in workers in its runs, and a cron whose minute lasts some seconds.

    python -m tests.flows.serving.served serve BRIEF

All else is the product's own: Prefect's server, deployments, schedules, processes, leases, signals. The runs
import this module, for their deployments name it.
"""

import os
from functools import partial
from typing import Any
from unittest.mock import patch

CRON = "REELMILL_TEST_CRON"
"""Environment variable: a cron with seconds as sixth field, which Prefect knows, in place of the briefs'."""


def main() -> None:
    """Run the command line."""
    from flows.serving import serve  # noqa: PLC0415 (Prefect waits for its environment)

    patch.object(serve, "_serve", partial(_serve, serve._serve)).start()
    from flows.cli import main as command  # noqa: PLC0415 (Prefect waits for its environment)

    command()


def _serve(real: Any, standing: list[Any], *rest: Any) -> None:
    from flows import campaign  # noqa: PLC0415 (Prefect waits for its environment)
    from flows.serving import desk  # noqa: PLC0415 (the same)
    from schemas.brief import Schedule  # noqa: PLC0415 (Prefect waits for its environment)

    campaign.make_campaign.__module__ = "tests.flows.serving.served"
    patch.object(desk, "CARE_SECONDS", 1.0).start()
    often = Schedule.model_construct(cron=os.environ[CRON], timezone="Asia/Kathmandu")
    real([(name, brief, often if schedule else None) for name, brief, schedule in standing], *rest)


def _stand_in() -> Any:
    from flows import campaign, report, workers  # noqa: PLC0415 (Prefect waits for its environment)

    patch.object(campaign, "workers", partial(workers.workers, worker="tests.chaos.studio:Studio")).start()
    patch.object(report, "draw_sheet").start()  # a stand-in's ads hold no pictures
    return campaign.make_campaign


if __name__ == "__main__":
    main()
else:
    make_campaign = _stand_in()
