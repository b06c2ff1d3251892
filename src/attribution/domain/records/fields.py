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
