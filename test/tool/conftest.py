# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest shows long comparisons in full."""

import pytest

pytest.register_assert_rewrite("failoverctl")
