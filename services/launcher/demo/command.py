"""`anyuan demo`: everything in one process, with the story told and a world to look at."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.launcher.demo.seeding import DemoAccounts, is_seeded, seed
from services.launcher.embedded import Embedded, Site
from services.launcher.narrator import Narrator
from services.launcher.story.people import StoryFailed
from services.launcher.story.run import Secrets, tell_once
from services.registration.commands.posts import bootstrap
from shared.clock import AdjustableClock, SystemClock, business_date
from shared.logs import set_up_logs
from shared.regions import Regions

DEFAULT_FOLDER = Path("var/demo")
WORLD_SEED = 2026


def run_once(*, data: Path | None, port: int, as_json: bool) -> int:
    """Tell the story on a fresh database, or go on in the folder of one that was cut short; answers the exit code."""
    set_up_logs(service="demo", level="WARNING")
    narrator = Narrator(Console(stderr=as_json))
    folder = data or Path(tempfile.mkdtemp(prefix="anyuan-"))
    node = Embedded(folder)
    site = Site(node.wsgi, port=port)
    node.start()
    site.start()
    try:
        found = _tell(node, site, narrator)
    except StoryFailed as failure:
        narrator.fail(str(failure))
        return 1
    finally:
        site.stop()
        node.stop()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
    narrator.verdict(found)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


def run_demo(*, data: Path | None, port: int) -> int:
    """Seed the demo world once, tell the story once, then keep the site up until interrupted; answers the exit code."""
    set_up_logs(service="demo", level="WARNING")
    console = Console()
    folder = data or DEFAULT_FOLDER
    narrator = Narrator(console)
    accounts, node = _world(folder, console)
    site = Site(node.wsgi, port=port)
    node.start()
    site.start()
    try:
        if not (folder / "told").exists():
            console.rule("主线：一份活动报告的历程 / The main job, through HTTP")
            narrator.verdict(_tell(node, site, narrator))
            (folder / "told").touch()
        _show(console, accounts, site.url)
        site.wait()
    except StoryFailed as failure:
        narrator.fail(str(failure))
        return 1
    except KeyboardInterrupt:
        console.print("再见 / goodbye")
    finally:
        site.stop()
        node.stop()
    return 0


def _tell(node: Embedded, site: Site, narrator: Narrator) -> dict[str, Any]:
    def first() -> Secrets:
        with node.databases["registration"].unit_of_work() as uow:
            return bootstrap(uow)

    return tell_once(
        site.url,
        folder=node.folder,
        administrators_file=node.folder / "administrators.json",
        bootstrap=first,
        today=business_date(SystemClock().now()),
        say=narrator,
    )


def _world(folder: Path, console: Console) -> tuple[DemoAccounts, Embedded]:
    """Open the demo world, seeding it first; a seeding that was cut short begins anew."""
    clock = AdjustableClock()
    if not is_seeded(folder):
        shutil.rmtree(folder, ignore_errors=True)
        console.print("准备演示数据：13个市、45个组织、600余名志愿者、四个季度的活动（约一分钟）…")
        node = Embedded(folder, clock=clock)
        with console.status("") as status:
            accounts = seed(
                node,
                seed=WORLD_SEED,
                today=business_date(SystemClock().now()),
                regions=Regions.load(),
                say=status.update,
            )
        return accounts, node
    return DemoAccounts.load(folder), Embedded(folder, clock=clock)


def _show(console: Console, accounts: DemoAccounts, url: str) -> None:
    table = Table(title=f"演示账号 / demo accounts – {url}", show_lines=True)
    # What has to be typed is never cut short, however narrow the terminal.
    for heading, typed in (
        ("身份 / role", False),
        ("用户名 / user", True),
        ("密码 / password", True),
        ("先看什么 / click first", False),
    ):
        table.add_column(heading, no_wrap=typed, overflow="fold")
    for account in accounts.accounts:
        table.add_row(account.role, account.username, account.password, account.first_click)
    console.print(table)
    console.print(f"[bold green]{url}[/]  （Ctrl+C 停止 / stops）")
