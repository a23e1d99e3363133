"""An authority and certificates of one's own, for tests and for trying things out.

`python -m deploy.certificates --dir DIR --host kafka --host clickhouse` writes ca.pem and, for each
name, NAME.pem (key, then certificate), NAME.crt and NAME.key. Needs the program openssl. What a
company uses comes from its own authority.
"""

import argparse
import ipaddress
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalStackError, MissingPartError

DAYS = 825  # what clients accept at most
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def available() -> str | None:
    """Return None when certificates can be made here, else the reason in plain words."""
    return None if shutil.which("openssl") else "The program openssl is missing: install it."


@dataclass(frozen=True)
class Authority:
    """The authority in one folder, and what it has signed."""

    folder: Path

    @classmethod
    def at(cls, folder: Path, name: str = "Escucha's own authority") -> "Authority":
        """Return the authority of `folder`, made now unless it is there.

        Raises MissingPartError without openssl.
        """
        authority = cls(folder)
        if not authority.ca_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            request = ["req", "-x509", *CURVE, "-days", str(DAYS), "-subj", f"/CN={name}"]
            # Java and OpenSSL 3 want an authority to say what it may do.
            extensions = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
            key = folder / "ca.key"
            _openssl([*request, *extensions, "-keyout", str(key), "-out", str(authority.ca_file)])
            key.chmod(0o600)
        return authority

    @property
    def ca_file(self) -> Path:
        """The authority's certificate: what clients trust."""
        return self.folder / "ca.pem"

    def issue(self, name: str, hosts: tuple[str, ...], common_name: str = "") -> "Certificate":
        """Sign a certificate for `hosts`, usable by servers and clients."""
        made = Certificate(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        subject = f"/CN={common_name or hosts[0]}"
        _openssl(["req", *CURVE, "-subj", subject, "-keyout", str(made.key), "-out", str(request)])
        names = ",".join(f"{'IP' if _is_address(host) else 'DNS'}:{host}" for host in hosts)
        extensions.write_text(
            f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n", encoding="ascii"
        )
        sign = ["x509", "-req", "-days", str(DAYS), "-in", str(request), "-CAcreateserial"]
        signer = ["-CA", str(self.ca_file), "-CAkey", str(self.folder / "ca.key")]
        _openssl([*sign, *signer, "-extfile", str(extensions), "-out", str(made.certificate)])
        made.key.chmod(0o600)
        for scratch in (request, extensions):
            scratch.unlink()
        made.both.touch(0o600)
        made.both.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())
        return made


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, apart and in one file."""

    certificate: Path
    key: Path

    @property
    def both(self) -> Path:
        """Key, then certificate, as Kafka wants it."""
        return self.key.with_suffix(".pem")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _openssl(arguments: list[str]) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise MissingPartError(available() or "openssl is missing")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise LocalStackError(f"openssl {arguments[0]} failed:\n{done.stderr[-1000:]}")


def main(arguments: list[str] | None = None) -> int:
    """Write an authority and one certificate for each host."""
    parser = argparse.ArgumentParser(prog="python -m deploy.certificates", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--host", action="append", required=True, metavar="HOST")
    options = parser.parse_args(arguments)
    try:
        authority = Authority.at(options.dir)
        for host in options.host:
            # Kafka's super user is the certificate's name, see deploy/kafka/secure.properties.
            name = "escucha-broker" if host == "kafka" else host
            authority.issue(host, (host, "localhost"), name)
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{options.dir}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
