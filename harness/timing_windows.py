"""Windows of bogus answers where a step of a rollover comes too early, in closed form.

For the worst phase of caches unless said otherwise.  What single validators add (a second at the end of a TTL, a cache
of failures) is not in them: that, and every history that is not so simple, is the reference model's
(`harness.cache_model`), which these are held against.
"""

from __future__ import annotations

from datetime import timedelta

from harness import timing
from harness.timing import Terms

Window = tuple[timedelta, timedelta]
"""A half-open interval [start, end) of offsets."""


def _window(start: timedelta, end: timedelta) -> Window | None:
    return (start, end) if start < end else None


def old_ksk_gone(at: timedelta, ds_ttl: timedelta, cached_keys: timedelta | None = None) -> Window | None:
    """Old KSK out of the zone (or the new alone in it) before TTLds is over, counted from the change of the DS.

    Worst where only the DS is cached; `cached_keys` is what is left then of a cached DNSKEY RRset.
    """
    return _window(at if cached_keys is None else max(at, cached_keys), ds_ttl)


def new_zsk_signs(
    at: timedelta, dnskey_ttl: timedelta, cached_name: timedelta = timing.ZERO
) -> Window | None:
    """New ZSK signs before TTLkey is over, counted from its publication; a cached name is good while it lasts."""
    return _window(max(at, cached_name), dnskey_ttl)


def unsigned(at: timedelta, ds_until: timedelta, keys_until: timedelta = timing.ZERO) -> Window | None:
    """Zone unsigned while a cache has its DS, or its keys where that is asked first; counted from the DS's leaving.

    Worst: `ds_until` TTLds and `keys_until` TTLds + TTLkey, for keys fetched in the last second of the DS.
    """
    return _window(at, max(ds_until, keys_until))


def ds_before_signing(signed: timedelta, cached_no_ds: timedelta = timing.ZERO) -> Window | None:
    """DS at the parent before the zone is signed, counted from the DS; insecure while "no DS" is still cached."""
    return _window(cached_no_ds, signed)


def behind_forwarder(at: timedelta, ttl: timedelta) -> Window | None:
    """What only a validator behind a forwarder sees, as none judges its own data again; from the DNSKEY's change.

    DS swapped at once (Ipub cut) or the old DS of Double-DS withdrawn, with TTLkey; old ZSK removed, with TTLsig.
    """
    return _window(at, ttl)


def ds_seen_early(
    terms: Terms, early: timedelta, ds_ttl: timedelta, cached_keys: timedelta | None = None
) -> Window | None:
    """`old_ksk_gone` by telling the key manager of a DS `early`, or (`early` 0) by a parent-ds-ttl below `ds_ttl`.

    Counted from the telling.
    """
    window = old_ksk_gone(timing.ksk_retirement(terms) - early, ds_ttl, cached_keys)
    return window and (window[0] + early, window[1] + early)


def ds_seen_early_cold(terms: Terms, early: timedelta) -> Window | None:
    """The part of `ds_seen_early` a cold validator sees, too: the new KSK alone, and the old DS at the parent."""
    return _window(timing.ksk_retirement(terms), early)


def signatures_expired(expiry: timedelta, repaired: timedelta) -> Window | None:
    """From the second after the expiration (RFC 4034 3.1.5), warm or cold: no TTL outlives it (RFC 4035 5.3.3)."""
    return _window(expiry + timedelta(seconds=1), repaired)
