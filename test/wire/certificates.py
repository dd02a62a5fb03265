# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and certificates for TLS tests, made by openssl for one run."""

import ssl
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
       "-days", "2")
# Python from 3.13 on trusts no CA whose certificate does not say that it is one.
CA_USAGE = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True,
                   capture_output=True)


def make(directory):
    """ca.pem; server.pem/.key signed by it; stranger.pem/.key that nobody
    vouches for."""
    openssl(directory, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Test CA", *CA_USAGE)
    openssl(directory, "req", *KEY[:-2], "-keyout", "server.key", "-out",
            "server.csr", "-subj", "/CN=127.0.0.1")
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(directory, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem",
            "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names",
            "-out", "server.pem")
    openssl(directory, "req", "-x509", *KEY, "-keyout", "stranger.key", "-out",
            "stranger.pem", "-subj", "/CN=127.0.0.1")
    return directory


def context(directory, name):
    """What a gateway shows that has this certificate."""
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(directory / f"{name}.pem", directory / f"{name}.key")
    return shown
