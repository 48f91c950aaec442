"""What trackers tell of their trust anchor stores: read as they wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

from lab.anchors import Standing, read_bind, read_unbound

UNBOUND = """; autotrust trust anchor file
;;id: . 1
;;last_queried: 1896393606 ;;Mon Feb  4 00:00:06 2030
;;last_success: 1896393606 ;;Mon Feb  4 00:00:06 2030
;;next_probe_time: 1896432556 ;;Mon Feb  4 10:49:16 2030
;;query_failed: 0
;;query_interval: 43200
;;retry_time: 8640
.	86400	IN	DNSKEY	257 3 13 AtUHy1KJxTruZhIfZaVSvQ== ;{id = 779 (ksk), size = 256b} ;;state=2 [  VALID  ] ;;count=0
.	86400	IN	DNSKEY	257 3 13 BtUHy1KJxTruZhIfZaVSvQ== ;{id = 780 (ksk), size = 256b} ;;state=1 [ ADDPEND ] ;;count=3
.	86400	IN	DNSKEY	257 3 13 CtUHy1KJxTruZhIfZaVSvQ== ;{id = 781 (ksk), size = 256b} ;;state=3 [ MISSING ] ;;count=0
.	172800	IN	DNSKEY	385 3 13 k7iTKyc+z+sMiawkR6BfFY== ;{id = 20600 (ksk), size = 256b} ;;state=4 [ REVOKED ] ;;count=0
"""

BIND = """view: _default
next scheduled event: Wed, 06 Feb 2030 00:00:06 GMT

    name: .
    keyid: 20600
	algorithm: ECDSAP256SHA256
	flags: REVOKE SEP
	next refresh: Wed, 06 Feb 2030 00:00:06 GMT
	remove at: Thu, 07 Mar 2030 00:00:06 GMT
	trust revoked
    keyid: 779
	algorithm: ECDSAP256SHA256
	flags: SEP
	next refresh: Wed, 06 Feb 2030 00:00:07 GMT
	trusted since: Sun, 03 Feb 2030 00:00:01 GMT
    keyid: 780
	algorithm: ECDSAP256SHA256
	flags: SEP
	next refresh: Wed, 06 Feb 2030 00:00:07 GMT
	trust pending: Sun, 03 Mar 2030 00:00:01 GMT
"""


def test_unbound_tells_in_its_anchor_file() -> None:
    """Valid and missing keys are trusted; before its first look it tells nothing."""
    assert read_unbound(UNBOUND) == Standing(
        datetime(2030, 2, 4, 10, 49, 16, tzinfo=UTC), frozenset({779, 781})
    )
    assert read_unbound(". 172800 IN DNSKEY 257 3 13 AtUHy1KJxTruZhIfZaVSvQ==\n") is None


def test_bind_tells_by_rndc() -> None:
    """The first of the dates counts."""
    assert read_bind(BIND) == Standing(datetime(2030, 2, 6, 0, 0, 6, tzinfo=UTC), frozenset({779}))
    assert read_bind("no views with managed keys\n") is None
