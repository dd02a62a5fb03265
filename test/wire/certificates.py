# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and certificates for TLS tests, made by openssl for one run."""

import ssl
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
       "-days", "2")
# From 3.13 on Python does not trust a CA whose certificate does not say that it is a CA.
CA_USAGE = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True,
                   capture_output=True)


def make(directory):
    """Make ca.pem, server.pem and its key, signed by the CA, and stranger.pem and its
    key, which no CA has signed."""
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
    """The TLS context of a gateway with this certificate."""
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(directory / f"{name}.pem", directory / f"{name}.key")
    return shown
