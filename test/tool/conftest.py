# SPDX-License-Identifier: GPL-2.0-or-later
"""Long comparisons are shown whole."""

import pytest

pytest.register_assert_rewrite("failoverctl")
