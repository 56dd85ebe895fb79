# The user of the units, unless an administrator or sysusers.d has made one.
getent passwd siteferry >/dev/null ||
  useradd --system --user-group --home-dir /var/lib/siteferry --no-create-home --shell /usr/sbin/nologin siteferry
