"""Kafka's jars, from Maven Central."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attribution_tests import REPOSITORY
from attribution_tests.kafka_broker.errors import INSTALL, NoKafkaError, last_lines

KAFKA_VERSION: Final = "4.1.1"
_LOG4J_VERSION: Final = "2.24.3"
"""The log4j that this Kafka depends on. Its slf4j binding is in Kafka's archive, but is no dependency of
the jar."""
_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_QUIETLY: Final = ("-B", "-q", "-Dstyle.color=never")
CACHE: Final = REPOSITORY / "build" / "kafka"
_DOWNLOAD_SECONDS: Final = 600.0

_PROJECT: Final = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>{_LOG4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


def kafka_jars(cache: Path = CACHE) -> Path:
    """Return the folder of Kafka's jars. The first call downloads them, in about ten seconds.

    Raises:
        NoKafkaError: Maven is missing, or the download failed.
    """
    jars = cache / KAFKA_VERSION
    if not jars.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as folder:
            _bring(Path(folder)).rename(jars)
    return jars


def _bring(folder: Path) -> Path:
    if shutil.which("mvn") is None:
        raise NoKafkaError(f"Kafka's jars are not in {CACHE}, and Maven is missing. {INSTALL}")
    (folder / "pom.xml").write_text(_PROJECT)
    done = subprocess.run(
        [
            "mvn",
            *_QUIETLY,
            f"{_PLUGIN}:copy-dependencies",
            "-DincludeScope=runtime",
            "-DoutputDirectory=jars",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_DOWNLOAD_SECONDS,
    )
    if done.returncode:
        said = last_lines(f"{done.stdout}\n{done.stderr}".splitlines())
        raise NoKafkaError(
            f"Maven could not download Kafka {KAFKA_VERSION}. Is Maven Central reachable? {INSTALL}{said}"
        )
    return folder / "jars"
