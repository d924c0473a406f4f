"""pkilint over many files in one process of its own (its import costs more than its work).

`findings(paths)` gives what it found, notices and worse. The name of a file says what is in it:
`*.crt` a certificate, `*.crl` a list, `*.ocsp` an answer, `*.chain` an issuer and what it issued.
"""

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

_CODE = re.compile(r"^\s+(\S+) \((FATAL|ERROR|WARNING|NOTICE)\)", re.MULTILINE)


def findings(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Name of the file -> `SEVERITY code` of each finding."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.jpki.lint", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def _lint(path: Path) -> list[str]:
    from pkilint.bin import (
        lint_crl,
        lint_ocsp_response,
        lint_pkix_cert,
        lint_pkix_signer_signee_cert_chain,
    )

    common = ["lint", "-s", "NOTICE"]
    written = StringIO()
    with redirect_stdout(written):
        match path.suffix:
            case ".crt":
                lint_pkix_cert.main([*common, str(path)])
            case ".crl":
                lint_crl.main([*common, "-t", "CRL", "-p", "PKIX", str(path)])
            case ".ocsp":
                lint_ocsp_response.main([*common, str(path)])
            case ".chain":
                issuer, subject = path.read_text().split()
                lint_pkix_signer_signee_cert_chain.main([*common, issuer, subject])
            case other:
                raise ValueError(other)
    return [f"{severity} {code}" for code, severity in _CODE.findall(written.getvalue())]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {Path(name).name: _lint(Path(name)) for name in sys.argv[1:]}
    sys.stdout.write(json.dumps(found))
