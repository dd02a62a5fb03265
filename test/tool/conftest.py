# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes pytest show long comparisons in full."""

import pytest

pytest.register_assert_rewrite("failoverctl")
