"""The field types of the contract: their limits, and the refusal code for a breach."""

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

MAX_AMOUNT: Final = 10**15
MILLION: Final = 1_000_000
MIN_TIME: Final = 1_262_304_000_000  # 2010-01-01T00:00:00Z
MAX_TIME: Final = 4_133_980_799_999  # 2100-12-31T23:59:59.999Z
MAX_RECORD_BYTES: Final = 256 * 1024
MAX_ID_BYTES: Final = 128
DAY_MS: Final = 86_400_000

Id: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=MAX_ID_BYTES, description="1 to 128 bytes of UTF-8")
]
Label: TypeAlias = Annotated[str, Meta(max_length=128, description="at most 128 bytes of UTF-8")]
Account: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1, max_length=MAX_ID_BYTES + 16, description="a ledger account: <kind>:<id>, or platform"
    ),
]
ExternalInfo: TypeAlias = Annotated[
    str,
    Meta(max_length=40, extra={"counted_in": "characters"}, description="at most 40 characters"),
]
Reason: TypeAlias = Annotated[
    str,
    Meta(max_length=1024, extra={"counted_in": "characters"}, description="at most 1,024 characters"),
]
Time: TypeAlias = Annotated[
    int,
    Meta(
        ge=MIN_TIME,
        le=MAX_TIME,
        extra={"refused_as": "TIME_OUT_OF_RANGE"},
        description="milliseconds since the Unix epoch, UTC; 2010 to 2100",
    ),
]
Duration: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="milliseconds")]
Amount: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="the currency's minor unit")]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Ppm: TypeAlias = Annotated[int, Meta(ge=0, le=MILLION, description="parts per million: 10 % is 100000")]

Surface: TypeAlias = Literal["off_platform", "short_video", "live", "showcase", "product_card", "image_text"]
TargetPlatform: TypeAlias = Literal["xiaodian", "taobao", "jd", "other"]
Carrier: TypeAlias = Literal["live", "short_video", "showcase", "product_card", "other"]

# ISO 4217, active codes with a minor unit, as of 2026-01-01.
Currency: TypeAlias = Literal[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR",
    "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK",
    "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD",
    "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF",
    "XPF", "YER", "ZAR", "ZMW", "ZWG",
]  # fmt: skip
