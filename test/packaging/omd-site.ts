// An OMD site without OMD: the directories, and an `omd` that treats a site's daemons as the real one
// does. What that is, from the sources of Checkmk and of OMD Labs: omdlib/init_scripts.py (each file of
// etc/rc.d in the order of names, backwards to stop; from the site's home; 0 and 5 are well for start, stop
// and reload; status: 0 running, 5 unused, else stopped; the whole site: 0, 1 stopped, 2 partly),
// merge-crontabs and etc/init.d/crontab (etc/cron.d/* under an environment of the site's).

/** For root, in sh. The site `remote1` and `/usr/bin/omd`, which the site's user calls. */
export const makeOmdSite = `set -e
useradd --create-home --home-dir /omd/sites/remote1 remote1
cd /omd/sites/remote1
runuser -u remote1 -- mkdir -p local/bin etc/init.d etc/rc.d etc/cron.d etc/logrotate.d tmp/run var/log
cat > /usr/bin/omd <<'END'
#!/bin/bash
cd && export OMD_ROOT=$PWD OMD_SITE=$USER PATH=$PWD/local/bin:$PWD/bin:$PATH
failed=0 running=0 stopped=0
case $1 in
  start | reload) for script in $(ls etc/rc.d); do "$PWD/etc/rc.d/$script" $1; case $? in 0 | 5) ;; *) failed=2 ;; esac; done ;;
  stop) for script in $(ls -r etc/rc.d); do "$PWD/etc/rc.d/$script" stop; case $? in 0 | 5) ;; *) failed=2 ;; esac; done ;;
  restart) "$0" stop || failed=2; "$0" start || failed=2 ;;
  status)
    for script in $(ls etc/rc.d); do
      "$PWD/etc/rc.d/$script" status >/dev/null 2>&1
      case $? in
        0) echo "\${script#*-}: running"; running=1 ;;
        5) echo "\${script#*-}: unused" ;;
        *) echo "\${script#*-}: stopped"; stopped=1 ;;
      esac
    done
    [ $stopped = 1 ] && failed=$((1 + running)) ;;
esac
exit $failed
END
chmod 755 /usr/bin/omd
cat > etc/init.d/crontab <<'END'
#!/bin/bash
case $1 in
  start | restart | reload) { echo "OMD_ROOT=$OMD_ROOT"; echo "OMD_SITE=$OMD_SITE"; echo "PATH=$PATH"; cat "$OMD_ROOT"/etc/cron.d/*; } > "$OMD_ROOT/var/crontab" ;;
  stop) rm -f "$OMD_ROOT/var/crontab" ;;
  status) [ -e "$OMD_ROOT/var/crontab" ] ;;
esac
END
chmod 755 etc/init.d/crontab
runuser -u remote1 -- ln -s ../init.d/crontab etc/rc.d/99-crontab`;

/** Each line of the site's crontab once, as cron runs it: from the home, with little around it. */
export const runCrontab = `cd; set --
while read -r line; do
  case $line in
    "" | "#"*) ;;
    [A-Z]*=*) set -- "$@" "$line" ;;
    *) env -i HOME="$HOME" LOGNAME="$USER" SHELL=/bin/sh "$@" sh -c "$(echo "$line" | cut -d" " -f6-)" || exit 1 ;;
  esac
done < var/crontab`;
