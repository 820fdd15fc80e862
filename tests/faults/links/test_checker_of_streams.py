"""The checker of streams: sound ones pass, and each way of spoiling them by one row is found and named."""

from __future__ import annotations

from sqlalchemy import create_engine, make_url, text

from tests.faults.checker import check_streams
from tests.faults.settling import at_rest
from tests.province import Province, volunteer
from tests.servers import PostgresServer

SPOILED = {
    "a letter was lost": ("hebei", "DELETE FROM stream_in_log WHERE seq = 2", "letter (1, 2) is not taken in"),
    "a letter was altered": (
        "hebei",
        "UPDATE stream_in_log SET letter = letter || decode('20', 'hex') WHERE seq = 2",
        "(1, 2) was taken in with other content",
    ),
    "a letter came from nowhere": ("tangshan", "DELETE FROM stream_log WHERE seq = 3", "nobody wrote it"),
    "there is a gap": ("tangshan", "DELETE FROM stream_log WHERE seq = 2", "letter (1, 3) stands behind (1, 1)"),
    "the chain was rewritten": ("tangshan", "UPDATE stream_log SET hash = repeat('f', 64) WHERE seq = 2", "breaks"),
    "a receipt is missing": ("tangshan", "UPDATE stream_log SET receipted_at = NULL WHERE seq = 1", "not receipted"),
    "the writer forgot": ("tangshan", "UPDATE stream_out SET seq = 2 WHERE audience = 'hebei'", "the writer is at"),
    "the reader forgot": ("hebei", "UPDATE stream_in SET seq = 2 WHERE origin = 'tangshan'", "the reader is at"),
    "a stream stands still": ("hebei", "UPDATE stream_in SET stopped = 'fork'", "stands still: fork"),
    "a stream is held": ("tangshan", "UPDATE stream_out SET held_because = 'restored'", "is held: restored"),
    "a letter was refused": ("tangshan", "UPDATE stream_log SET refused_code = 'no' WHERE seq = 1", "refused letter"),
    "a letter is not sent": ("tangshan", "UPDATE outbox SET sent_at = NULL", "not given to the broker"),
}


def test_what_is_spoiled_is_found(province: Province, postgres: PostgresServer) -> None:
    city = province["tangshan"]
    city.say("registration", *(volunteer("tangshan", serial) for serial in range(3)))
    province.wait(lambda: len(province["hebei"].heard()) == 3, "the volunteers")
    sound = at_rest(lambda: check_streams(province.links_urls()))
    assert (sound.faults, sound.counts) == ([], {"letters": 3})
    urls = province.links_urls()
    # Nobody is connected to what is copied.
    province.close()

    for what, (node, statement, said) in SPOILED.items():
        url = postgres.create_database("spoiled", template=make_url(urls[node]).database)
        _spoil(url, statement)
        faults = check_streams(urls | {node: url}).faults
        assert any(said in fault for fault in faults), (what, faults)
    postgres.drop_database("spoiled")


def _spoil(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    engine.dispose()
