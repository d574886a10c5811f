"""Where a popup hides least."""

from __future__ import annotations

from nnviz.ui.graph.layout import Metrics, Rect, layout_network
from nnviz.ui.graph.placing import EDGE, Obstacle, clearest_place, obstacles_in
from tests.support.reference import image_network

VIEW = (400.0, 300.0)


def test_it_stays_near_where_nothing_is_in_the_way() -> None:
    x, y = clearest_place((80.0, 60.0), VIEW, (), (200.0, 150.0))
    assert abs(x + 40 - 200) <= 10
    assert abs(y + 30 - 150) <= 10


def test_it_goes_where_it_hides_nothing() -> None:
    left = Obstacle(Rect(0.0, 0.0, 250.0, 300.0), 1.0)
    x, _ = clearest_place((80.0, 60.0), VIEW, (left,), (20.0, 150.0))
    assert x >= 240


def test_it_hides_what_matters_less_if_it_must_hide_something() -> None:
    above, below = Obstacle(Rect(0.0, 0.0, 400.0, 150.0), 1.0), Obstacle(Rect(0.0, 150.0, 400.0, 150.0), 3.0)
    _, y = clearest_place((80.0, 60.0), VIEW, (above, below), (200.0, 290.0))
    assert y + 60 <= 160


def test_a_popup_larger_than_the_view_begins_at_its_edge() -> None:
    assert clearest_place((900.0, 900.0), VIEW, (), (10.0, 10.0)) == (EDGE, EDGE)


def test_every_column_and_header_of_a_picture_is_in_the_way() -> None:
    layout = layout_network(image_network(8), 900.0, 500.0, Metrics())
    areas = [obstacle.area for obstacle in obstacles_in(layout)]
    for column in layout.columns:
        assert column.header in areas
        assert column.block in areas
