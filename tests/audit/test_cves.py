from __future__ import annotations

import datetime as dt

import pytest

from hearthwatch.audit import cves
from hearthwatch.audit.cves import Verdict
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import DeviceIdentity, Vendor

A, F, U = Verdict.AFFECTED, Verdict.FIXED, Verdict.UNKNOWN


def verdict(
    vendor: Vendor,
    model: str,
    firmware: str,
    cve: str,
    *,
    maker: str = "",
    built: dt.date | None = None,
    p2p: bool | None = None,
):
    identity = DeviceIdentity(vendor=maker, model=model, firmware=firmware, build_date=built)
    services = {} if p2p is None else {Service.P2P: p2p}
    return {one.rule.cve: one.verdict for one in cves.known(vendor, identity, services, cves.rules())}.get(cve)


MJPEG, HD, DAHUA, REOLINK = Vendor.FOSCAM_MJPEG, Vendor.FOSCAM_HD, Vendor.DAHUA, Vendor.REOLINK

# One below, one at and one above the limit of each row; "fixed in" rows are fixed at the limit, "affected to" rows are not.
VECTORS = [
    (MJPEG, "FI8918W", "CVE-2013-2560", ("11.37.2.48", A), ("11.37.2.49", F), ("11.37.2.50", F)),
    (MJPEG, "FI8910W", "CVE-2014-1911", ("11.37.2.54", A), ("11.37.2.55", F), ("11.37.2.56", F)),
    (HD, "C1", "CVE-2017-2871", ("2.52.2.42", A), ("2.52.2.43", A), ("2.52.2.44", F)),
    (HD, "C1 Lite", "CVE-2018-6830", ("2.52.2.46", A), ("2.52.2.47", A), ("2.52.2.48", F)),
    (HD, "C1", "CVE-2018-6830", ("2.82.2.32", A), ("2.82.2.33", A), ("2.82.2.34", F)),
    (HD, "C2", "CVE-2018-6830", ("2.72.1.58", A), ("2.72.1.59", A), ("2.72.1.60", F)),
    (HD, "R2", "CVE-2018-6830", ("2.71.1.58", A), ("2.71.1.59", A), ("2.71.1.60", F)),
    (HD, "R4", "CVE-2018-6830", ("2.71.1.58", A), ("2.71.1.59", A), ("2.71.1.60", F)),
    (HD, "FI9900P", "CVE-2018-6830", ("2.74.1.58", A), ("2.74.1.59", A), ("2.74.1.60", F)),
    (HD, "FI9803EP", "CVE-2018-6830", ("2.22.2.30", A), ("2.22.2.31", A), ("2.22.2.32", F)),
    (HD, "FI9821W V2", "CVE-2018-6830", ("2.11.1.119", A), ("2.11.1.120", A), ("2.11.1.121", F)),
    (HD, "FI9831W", "CVE-2018-6830", ("2.11.1.119", A), ("2.11.1.120", A), ("2.11.1.121", F)),
    (HD, "FI9828W", "CVE-2018-6830", ("2.13.1.119", A), ("2.13.1.120", A), ("2.13.1.121", F)),
    (
        DAHUA,
        "IPM-721S",
        "CVE-2017-8229",
        ("2.420.AC00.15.R.20160101", A),
        ("2.420.AC00.16.R.20160909", A),
        ("2.420.AC00.17.R.20170322", F),
    ),
    (
        DAHUA,
        "IPM-721S",
        "CVE-2017-13719",
        ("2.420.AC00.16.R.20160909", A),
        ("2.420.AC00.17.R.20170322", A),
        ("2.420.AC00.18.R.20200217", F),
    ),
    (
        DAHUA,
        "IP2M-841B",
        "CVE-2019-3948",
        ("2.520.AC00.17.R", A),
        ("2.520.AC00.18.R.20170629", A),
        ("2.520.AC00.19.R.20180518", F),
    ),
    (
        DAHUA,
        "IPC-HDW1220S",
        "CVE-2019-3948",
        ("2.600.0000.5.R,build:2018-05-17", A),
        ("2.600.0000.5.R,build:2018-05-18", F),
        ("2.600.0000.5.R,build:2018-05-19", F),
    ),
    (
        DAHUA,
        "IP2M-841",
        "CVE-2020-5735",
        ("2.420.AC00.17.R.20190101", A),
        ("2.420.AC00.18.R.20200217", F),
        ("2.420.AC00.19.R.20200301", F),
    ),
    (
        DAHUA,
        "IPM-721S",
        "CVE-2020-5735",
        ("2.420.AC00.18.R.20200216", A),
        ("2.420.AC00.18.R.20200217", F),
        ("2.420.AC00.18.R.20200218", F),
    ),
    (
        DAHUA,
        "IP2M-841-V3",
        "CVE-2020-5735",
        ("2.800.0000000.5.R.200101", A),
        ("2.800.0000000.6.R.200314", F),
        ("2.800.0000000.7.R.200401", F),
    ),
    (
        DAHUA,
        "IP2M-853EW",
        "CVE-2020-5735",
        ("2.623.00AC004.0.R.200315", A),
        ("2.623.00AC004.0.R.200316", F),
        ("2.623.00AC004.0.R.200317", F),
    ),
    (
        DAHUA,
        "IP2M-858W",
        "CVE-2020-5735",
        ("2.623.00AC004.0.R.200315", A),
        ("2.623.00AC004.0.R.200316", F),
        ("2.623.00AC004.0.R.200317", F),
    ),
    (
        DAHUA,
        "IP2M-866W",
        "CVE-2020-5735",
        ("2.623.00AC004.0.R.200315", A),
        ("2.623.00AC004.0.R.200316", F),
        ("2.623.00AC004.0.R.200317", F),
    ),
    (
        DAHUA,
        "IP2M-866EW",
        "CVE-2020-5735",
        ("2.623.00AC004.0.R.200315", A),
        ("2.623.00AC004.0.R.200316", F),
        ("2.623.00AC004.0.R.200317", F),
    ),
    (
        DAHUA,
        "IP4M-1053EW",
        "CVE-2020-5735",
        ("2.623.00AC004.0.R.200315", A),
        ("2.623.00AC004.0.R.200316", F),
        ("2.623.00AC004.0.R.200317", F),
    ),
    (
        DAHUA,
        "IP8M-T2499EW",
        "CVE-2020-5735",
        ("2.622.00AC000.0.R.200319", U),
        ("2.622.00AC000.0.R.200320", F),
        ("2.622.00AC000.0.R.200321", F),
    ),
    (
        DAHUA,
        "IP8M-2597E",
        "CVE-2020-5735",
        ("2.800.00AC000.0.R.200329", A),
        ("2.800.00AC000.0.R.200330", F),
        ("2.800.00AC000.0.R.200331", F),
    ),
    (
        DAHUA,
        "IPC-HFW3441E",
        "CVE-2021-33044",
        ("2.800.0000000.28.R.210601", A),
        ("2.800.0000000.29.R.210630", F),
        ("2.800.0000000.30.R.210801", F),
    ),
    (
        DAHUA,
        "IPC-HDW5442T",
        "CVE-2021-33044",
        ("2.820.0000000.17.R.210601", A),
        ("2.820.0000000.18.R.210705", F),
        ("2.820.0000000.19.R.210801", F),
    ),
    (
        DAHUA,
        "IPC-HUM7442",
        "CVE-2021-33044",
        ("2.820.0000000.4.R.210601", A),
        ("2.820.0000000.5.R.210705", F),
        ("2.820.0000000.6.R.210801", F),
    ),
    (
        DAHUA,
        "SD41A425",
        "CVE-2021-33044",
        ("2.812.0000007.0.R.210705", A),
        ("2.812.0000007.0.R.210706", F),
        ("2.812.0000007.0.R.210707", F),
    ),
    (
        DAHUA,
        "VTO6521F",
        "CVE-2021-33044",
        ("4.300.0000004.0.R.210714", A),
        ("4.300.0000004.0.R.210715", F),
        ("4.300.0000004.0.R.210716", F),
    ),
    (
        DAHUA,
        "VTO7541G",
        "CVE-2021-33044",
        ("4.300.0000003.0.R.210713", A),
        ("4.300.0000003.0.R.210714", F),
        ("4.300.0000003.0.R.210715", F),
    ),
    (
        DAHUA,
        "TPC-BF2221",
        "CVE-2021-33044",
        ("2.630.0000.0.R.210630", U),
        ("2.630.0000.0.R.210701", F),
        ("2.630.0000.0.R.210702", F),
    ),
    (
        DAHUA,
        "IPC-HDW5442T",
        "CVE-2021-33045",
        ("2.820.0000000.4.R.210601", A),
        ("2.820.0000000.5.R.210705", F),
        ("2.820.0000000.6.R.210801", F),
    ),
    (
        DAHUA,
        "NVR4104HS",
        "CVE-2021-33045",
        ("4.001.0000.1.R.210708", A),
        ("4.001.0000.1.R.210712", U),
        ("4.001.0000.1.R.210716", F),
    ),
    (
        DAHUA,
        "VTH5421HW",
        "CVE-2021-33045",
        ("4.500.0000002.0.R.210714", A),
        ("4.500.0000002.0.R.210715", F),
        ("4.500.0000002.0.R.210716", F),
    ),
    (
        DAHUA,
        "XVR5108",
        "CVE-2021-33045",
        ("4.001.0000.1.R.210630", U),
        ("4.001.0000.1.R.210701", F),
        ("4.001.0000.1.R.210702", F),
    ),
    (
        DAHUA,
        "IPC-HDW2431T",
        "CVE-2022-30560",
        ("2.800.0000000.5.R.220331", A),
        ("2.800.0000000.5.R.220401", F),
        ("2.800.0000000.5.R.220402", F),
    ),
    (
        DAHUA,
        "IPC-HFW1320S",
        "CVE-2017-7927",
        ("2.400.0000.2.R.170630", A),
        ("2.400.0000.2.R.170901", U),
        ("2.400.0000.2.R.180101", F),
    ),
    (REOLINK, "RLC-410W", "CVE-2021-40407", ("v3.0.0.135_20110100", A), ("v3.0.0.136_20121102", A), ("v3.0.0.494_21070700", U)),
]


@pytest.mark.parametrize(("vendor", "model", "cve", "below", "at", "above"), VECTORS)
def test_each_row_below_at_and_above_its_limit(vendor, model, cve, below, at, above):
    for firmware, expected in (below, at, above):
        assert (firmware, verdict(vendor, model, firmware, cve)) == (firmware, expected)


HIK_VECTORS = [
    ("DS-2CD2042WD-I", "CVE-2021-36260", "V5.5.0 build 210627", "V5.5.0 build 210630", "V5.5.0 build 210702", (A, U, F)),
    ("DS-2CD2132F-I", "CVE-2017-7921", "V5.4.0 build 160529", "V5.4.0 build 160530", "V5.4.1 build 160531", (A, A, F)),
    ("DS-2CD2420F-IW", "CVE-2017-7921", "V5.3.0 build 160331", "V5.4.0 build 160401", "V5.4.0 build 160402", (A, A, F)),
    ("DS-2CD2142FWD-I", "CVE-2017-7921", "V5.4.4 build 161124", "V5.4.4 build 161125", "V5.4.5 build 161126", (A, A, F)),
    ("DS-2CD4026FWD-A", "CVE-2017-7921", "V5.4.0 build 160413", "V5.4.0 build 160414", "V5.4.0 build 160415", (A, A, F)),
    ("DS-2CD4125F-IZ", "CVE-2017-7921", "V5.4.0 build 160420", "V5.4.0 build 160421", "V5.4.0 build 160422", (A, A, F)),
    ("DS-2DF8223I-AEL", "CVE-2017-7921", "V5.4.5 build 160927", "V5.4.5 build 160928", "V5.4.5 build 160929", (A, A, F)),
    ("DS-2CD6332FWD-I", "CVE-2017-7921", "V5.3.5 build 160105", "V5.3.5 build 160106", "V5.3.5 build 160107", (A, A, F)),
]


@pytest.mark.parametrize(("model", "cve", "below", "at", "above", "expected"), HIK_VECTORS)
def test_hikvision_rows(model, cve, below, at, above, expected):
    found = tuple(verdict(Vendor.ONVIF, model, firmware, cve, maker="HIKVISION") for firmware in (below, at, above))
    assert found == expected


def test_before_the_first_version_named_nobody_knows():
    assert verdict(Vendor.ONVIF, "DS-2CD2132F-I", "V5.1.0 build 140101", "CVE-2017-7921", maker="Hikvision") is U


def test_the_trap_a_higher_number_on_another_branch_is_older():
    """Real IP2M-841B cameras run 2.520 of 2017: above 2.420 by number, without the fix by date."""
    built = dt.date(2017, 6, 29)
    assert verdict(DAHUA, "IP2M-841B", "2.520.AC00.18.R", "CVE-2020-5735", built=built) is A
    assert verdict(DAHUA, "IP2M-841B", "2.520.AC00.18.R", "CVE-2019-3948", built=built) is A
    assert verdict(DAHUA, "IP2M-841B", "2.520.AC00.18.R", "CVE-2020-5735") is U  # without a date nobody can tell


def test_another_hardware_branch_of_a_foscam_is_unknown():
    assert verdict(HD, "C1", "2.99.1.1", "CVE-2018-6830") is U
    assert verdict(HD, "FI9816P", "2.81.2.20", "CVE-2017-2871") is U  # the source names no version


def test_a_camera_that_tells_no_model_is_judged_by_what_holds_for_all():
    """The tape of fw 11.22.2.38: the MJPEG generation does not tell its model."""
    assert verdict(MJPEG, "", "11.22.2.38", "CVE-2013-2560") is A
    assert verdict(MJPEG, "", "11.22.2.38", "CVE-2014-1911") is U
    assert verdict(MJPEG, "", "11.37.2.65", "CVE-2014-1911") is F


def test_the_cloud_weakness_goes_with_the_cloud_access():
    found = [verdict(REOLINK, "RLC-520A", "v3.0.0.660", "CVE-2020-25169", p2p=p2p) for p2p in (True, False, None)]
    assert found == [A, F, U]


def test_firmware_that_cannot_be_read_is_never_ok():
    for model in ("IPC-HDW5831R-ZE", "IP2M-841B"):
        identity = DeviceIdentity(vendor="Dahua", model=model, firmware="")
        found = cves.known(DAHUA, identity, {}, cves.rules())
        assert found
        assert all(one.verdict is U for one in found)


def test_the_recorded_dahua_lacks_all_fixes_of_2021(test_data):
    """IPC-HDW5831R-ZE, 2.800.0000016.0.R of 2020-06-05, as magicBox told it."""
    built = dt.date(2020, 6, 5)
    for cve in ("CVE-2021-33044", "CVE-2021-33045", "CVE-2022-30560"):
        assert verdict(DAHUA, "IPC-HDW5831R-ZE", "2.800.0000016.0.R", cve, built=built) is A
    assert verdict(DAHUA, "IPC-HDW5831R-ZE", "2.800.0000016.0.R", "CVE-2019-3948", built=built) is F


def test_a_model_that_is_not_in_the_table_has_no_entries():
    table = cves.rules()
    assert (
        cves.known(REOLINK, DeviceIdentity(vendor="Reolink", model="RLC-822A", firmware="v3.1.0.956_22041507"), {}, table) == ()
    )
    assert cves.known(Vendor.ONVIF, DeviceIdentity(vendor="AXIS", model="Q6045-E", firmware="5.55.1.2"), {}, table) == ()


def test_every_row_has_its_source_and_a_date_of_review():
    table = cves.rules()
    assert len(table) >= 40
    assert {rule.cve for rule in table} >= {
        "CVE-2013-2560", "CVE-2014-1911", "CVE-2017-2871", "CVE-2018-6830", "CVE-2017-8229", "CVE-2017-13719", "CVE-2019-3948",
        "CVE-2020-5735", "CVE-2021-33044", "CVE-2021-33045", "CVE-2022-30560", "CVE-2017-7927", "CVE-2021-40407",
        "CVE-2020-25169", "CVE-2021-36260", "CVE-2017-7921",
    }  # fmt: skip
    for rule in table:
        assert rule.source.startswith("https://")
        assert rule.reviewed >= dt.date(2026, 11, 21)
        assert rule.what.endswith(".")


ROW = (
    '[[rule]]\nproduct = "reolink"\ncve = "CVE-2030-1"\nwhat = "w."\nmodel = "RLC-822A"\n'
    'fixed_in = "v3.1.0.957_22050101"\nsource = "https://x"\nreviewed = 2030-01-01\n'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROW + 'fixed_im = "2.4"\n', "means nothing"),
        (ROW.replace("v3.1.0.957_22050101", "soon"), "no version"),
        (ROW.replace('model = "RLC-822A"\n', ""), "lacks 'model'"),
        (ROW.replace('"RLC-822A"', '"(RLC"'), "not understood"),
        (ROW.replace('"reolink"', '"acme"'), "not understood"),
        (ROW.replace("2030-01-01", '"today"'), "a date"),
        (ROW + "also = 7\n", "a list"),
        ("rule = 7\n", "not understood"),
        ("rule = [7]\n", "not understood"),
        ("", "lacks 'rule'"),
        ("[[", "not understood"),
    ],
)
def test_a_table_written_wrong_is_refused_in_words(text, said):
    with pytest.raises(ConfigFault, match=said):
        cves.read(text)


def test_the_owners_own_rows_take_the_place_of_the_shipped_ones():
    shipped = cves.rules()
    identity = DeviceIdentity(vendor="Reolink", model="RLC-822A", firmware="v3.1.0.956_22041507")
    [one] = cves.known(REOLINK, identity, {}, cves.renewed(shipped, cves.read(ROW)))
    assert (one.rule.cve, one.verdict) == ("CVE-2030-1", A)
    newer = cves.renewed(shipped, cves.read(ROW.replace("CVE-2030-1", "CVE-2021-40407")))
    assert [rule.reviewed.year for rule in newer if rule.cve == "CVE-2021-40407"] == [2030]
    assert len(newer) == len(shipped)
