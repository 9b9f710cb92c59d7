"""The two databases that tests run on are real, empty, and one test's own."""

import pytest
import sqlalchemy as sa

from engine import store


def test_each_test_gets_an_empty_database(database_url: str) -> None:
    opened = store.connect(database_url)
    assert sa.inspect(opened).get_table_names() == []
    store.Base.metadata.create_all(opened)
    opened.dispose()


def test_an_open_database_has_every_table(engine: sa.Engine) -> None:
    assert set(sa.inspect(engine).get_table_names()) == set(store.Base.metadata.tables)


@pytest.mark.postgres
def test_the_server_is_postgresql_and_reached_without_a_network(postgres_url: str) -> None:
    opened = store.connect(postgres_url)
    with store.reading(opened) as connection:
        assert str(connection.scalar(sa.text("show server_version"))).startswith("18")
        assert connection.scalar(sa.text("show listen_addresses")) == ""
    opened.dispose()
