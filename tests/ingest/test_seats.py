"""Who keeps a seat at the porch when more come than there are."""

from __future__ import annotations

from hearthwatch.ingest.seats import Seat, Seats


class Crowd:
    """Cameras come from `10.*`, strangers from elsewhere."""

    def __init__(self, most: int = 4) -> None:
        self.seats = Seats(lambda address: address.startswith("10."), most=most, most_per_address=2)
        self.gone: list[str] = []

    def come(self, address: str) -> Seat | None:
        return self.seats.take(address, lambda: self.gone.append(address))


def test_one_address_holds_so_many_and_no_more() -> None:
    crowd = Crowd()
    first, second = crowd.come("10.0.0.1"), crowd.come("10.0.0.1")
    assert first
    assert second
    assert crowd.come("10.0.0.1") is None
    crowd.seats.give_up(first)
    assert crowd.come("10.0.0.1")


def test_strangers_go_first_then_who_came_first_and_nobody_who_logged_in() -> None:
    crowd = Crowd()
    camera = crowd.come("10.0.0.1")
    assert camera
    for address in ("9.0.0.1", "9.0.0.2", "10.0.0.2"):
        assert crowd.come(address)
    assert crowd.come("10.0.0.3")
    assert crowd.come("10.0.0.4")
    assert crowd.gone == ["9.0.0.1", "9.0.0.2"]
    assert crowd.come("9.0.0.3") is None, "a stranger takes no camera's seat"
    camera.logged_in()
    assert crowd.come("10.0.0.5")
    assert crowd.gone == ["9.0.0.1", "9.0.0.2", "10.0.0.2"]


def test_a_house_full_of_guests_takes_nobody() -> None:
    crowd = Crowd(most=2)
    for address in ("10.0.0.1", "10.0.0.2"):
        seat = crowd.come(address)
        assert seat
        seat.logged_in()
    assert crowd.come("10.0.0.3") is None
    assert crowd.gone == []
