from tb_stability.capture.windows import WindowClock


def test_a_window_is_full_after_its_number_of_steps():
    clock = WindowClock(3)
    assert [clock.executed(1) for _ in range(3)] == [False, False, True]
    assert clock.correct(3)
    clock.end(3)
    assert [clock.executed(1) for _ in range(3)] == [False, False, True]


def test_executions_that_did_less_than_they_could_do_not_end_a_window():
    clock = WindowClock(10)
    assert not clock.executed(8)
    assert clock.executed(8)
    assert not clock.correct(9)  # the second execution did one step only
    assert clock.executed(8)
    assert clock.correct(17)


def test_steps_go_on_from_those_done_before():
    clock = WindowClock(10, steps_done=100)
    clock.end(7)
    assert clock.steps_done == 107
