#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/kernel and ci/kernel-package: they pass on a command's streams and exit status, report each
# failure in one line, and leave nothing behind. Most tests use a script in place of the virtual
# machine, and packages without a kernel. One test boots a real kernel if there is one:
# $NSRIG_KERNEL, or the newest one that was fetched before. $srcdir is the folder of the sources.
# shellcheck disable=SC2016 # what is the machine's to expand
sources=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cache=${NSRIG_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/nsrig/kernels}
kernel=${NSRIG_KERNEL:-$( (cd "$cache" && ls -d linux-image-*[0-9]-amd64) 2>/dev/null | sort -V | tail -n 1)}
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"
echo "TAP version 13"
for program in setpriv busybox cpio xz perl unshare dpkg-deb; do
  has $program || { echo "1..0 # SKIP needs program $program"; exit; }
done
[ ! -e /dev/port-control ] || { echo "1..0 # SKIP needs a machine that is no guest of ci/kernel"; exit; }
echo 1..63
mkdir "$work/bin" "$work/tmp"
real=$PATH
export room="$work" XDG_CACHE_HOME="$work/cache" TMPDIR="$work/tmp" NSRIG_KERNELS="$work/kernels" PATH="$work/bin:$PATH"
unset NSRIG_TIMEOUT_SCALE

# ---- a kernel that only reports its version, and a machine that behaves as $MACHINE says -----------

# image FILE VERSION
image() {
  { head -c 514 /dev/zero && printf HdrS && head -c 8 /dev/zero && printf '\000\002' &&
    head -c 496 /dev/zero && echo "$2 (nobody@nowhere) #1"; } >"$1"
}

image "$work/bzImage" 9.9.9-test
cat >"$work/bin/qemu-system-x86_64" <<'E2'
#!/bin/sh
hang() { exec tail -f /dev/null; }
case "$*" in *isa-debug-exit*) eval "$KVM"; exit ;; esac
echo $$ >"$room/pid"
echo "$*" >"$room/line"
while [ "$1" != -initrd ]; do shift; done
here=${2%/*}
exec 3>>"$here/control" 8>>"$here/out" 9>>"$here/err"
say() { echo "$*" >&3; ready=$1; }
: >"$here/console"
mark() { printf '\0'; cat "$here/initrd/mark"; }
finish() { [ -n "$ready" ] || say ready; mark >&8; mark >&9; say exit "$1"; hang; }
eval "$MACHINE"
E2
chmod +x "$work/bin/qemu-system-x86_64"

# run MACHINE [OPTION]... KERNEL -- COMMAND...: returns the exit status; the output goes to files
run() {
  export MACHINE="$1"
  shift
  "$sources/ci/kernel" "$@" >"$work/out" 2>"$work/err"
  status=$?
}

# gone: waits until the machine and its folder are gone
gone() {
  for moment in 0.1 0.4 1 2 3 4 5 0.1; do
    [ -n "$(ls "$work/tmp")" ] || readlink "/proc/$(cat "$work/pid")/exe" >/dev/null || return 0
    timeout "$moment" tail -f /dev/null
  done
  echo "left: $(ls "$work/tmp") $(cat "$work/pid")"
  return 1
}

# refused STATUS WHAT LINE ARGUMENT...: ci/kernel prints only this line, and starts no machine
refused() {
  expected=$1 what=$2 line=$3
  shift 3
  rm -f "$work/pid"
  run 'finish 0' "$@"
  [ "$status" -eq "$expected" ] && [ ! -s "$work/out" ] && [ ! -e "$work/pid" ] &&
    [ "$(cat "$work/err")" = "ci/kernel: $line" ] && [ -z "$(ls "$work/tmp")" ]
  result $? "$what" "$work/err"
}

# ended STATUS WHAT LINE: the run had this status and this last line, and left nothing behind
ended() {
  last=$(tail -n 1 "$work/err")
  { [ "$status" -eq "$1" ] && [ "$last" = "ci/kernel: $3" ] && gone; } >>"$work/err"
  result $? "$2" "$work/err"
}

usage='(usage: ci/kernel [OPTION]... KERNEL -- COMMAND [ARGUMENT]...; see --help)'
refused 2 'no kernel' "no kernel given $usage" -- true
refused 2 'no command' "no command given $usage" "$work/bzImage" --
refused 2 'an option that there is not' "--no-such: no such option $usage" --no-such x -- true
refused 2 'an option without its value' "--modules: a value is missing $usage" --modules
refused 2 'a time that is none' "--timeout: \"soon\" is not understood, expected a number above 0 $usage" \
  --timeout soon x -- true
refused 2 "a variable's name that is none" "--env: \"A-B\" is not understood, expected a variable's name $usage" \
  --env A-B x -- true
LC_ALL=C.UTF-8 run 'grep LC_ALL "$here/initrd/command" >&8; finish 0' --env LC_ALL "$work/bzImage" -- true
[ "$(cat "$work/out")" = "export LC_ALL='C.UTF-8'" ]
result $? 'a variable is handed on as it was' "$work/err"
refused 2 'a command without its --' "\"true\": expected -- behind \"x\" $usage" x true
refused 2 "a command that isn't there" 'no-such-command: no such program' "$work/bzImage" -- no-such-command

# ---- kernels ----------------------------------------------------------------------------------

refused 2 "a file that isn't there" './nowhere: no such file or folder' ./nowhere -- true
refused 2 'a file that is no kernel' "$0: is no kernel (expected a bzImage)" "$0" -- true
refused 2 'a folder that is no kernel tree' "$work: has no kernel (expected arch/x86/boot/bzImage in it)" \
  "$work" -- true
refused 2 'modules that are none' "$work: is no folder of modules (expected a modules.dep in it)" \
  --modules "$work" "$work/bzImage" -- true
mkdir -p "$work/modules/9.9.8" "$work/modules/9.9.9-test"
touch "$work/modules/9.9.8/modules.dep"
refused 2 'modules of another version' "$work/modules/9.9.8: are another kernel's (expected those of 9.9.9-test)" \
  --modules "$work/modules/9.9.8" "$work/bzImage" -- true
# Drivers that are built in; and a module whose dependencies are missing.
modules=$work/modules/9.9.9-test
printf 'kernel/%s.ko\n' drivers/virtio/virtio_pci drivers/char/virtio_console net/9p/9pnet_virtio >"$modules/modules.builtin"
echo 'kernel/fs/overlayfs/overlay.ko:' >"$modules/modules.dep"
refused 2 'a kernel without 9p' \
  "$work/bzImage: lacks 9p (neither built in, nor among the modules in $modules)" \
  --modules "$modules" "$work/bzImage" -- true
echo 'kernel/fs/9p/9p.ko: kernel/fs/netfs.ko' >>"$modules/modules.dep"
run 'finish 0' --modules "$modules" "$work/bzImage" -- true
[ "$status" -eq 2 ] && tail -n 1 "$work/err" | grep -q "ci/kernel: $modules/kernel/.*.ko could not be read"
result $? 'a module that is missing' "$work/err"
mkdir -p "$modules/kernel/fs/overlayfs" "$modules/kernel/fs/9p"
echo netfs >"$modules/kernel/fs/netfs.ko"
echo 9p | xz >"$modules/kernel/fs/9p/9p.ko.xz"
echo overlay | gzip >"$modules/kernel/fs/overlayfs/overlay.ko.gz"
sed -i 's|overlay.ko|&.gz|; s|9p.ko|&.xz|' "$modules/modules.dep"
run 'cd "$here/initrd" && for m in $(cat modules.list); do cat modules/$m; done >&8; finish 0' \
  --modules "$modules" "$work/bzImage" -- true
[ "$status" -eq 0 ] && [ "$(tr '\n' ' ' <"$work/out")" = "netfs 9p overlay " ]
result $? 'modules are unpacked, and loaded after those that they need' "$work/err"

# A kernel's tree after make INSTALL_MOD_PATH=. modules_install.
mkdir -p "$work/tree/arch/x86/boot" "$work/tree/lib/modules"
mv "$modules" "$work/tree/lib/modules" && modules=$work/tree/lib/modules/9.9.9-test
cp "$work/bzImage" "$work/tree/arch/x86/boot"
run 'cat "$here/initrd/layout" >&8; finish 0' "$work/tree" -- true
[ "$status" -eq 0 ] && grep -q "mount --bind '/lower$modules'" "$work/out"
result $? "a kernel's tree, with its modules" "$work/err"

# ---- machines ---------------------------------------------------------------------------------

head -c 300000 /dev/urandom >"$work/noise"
run 'say ready; printf "\0half a \0\0" >&9
  { printf "\0"; head -c 9 "$here/initrd/mark"; cat "$room/noise" "$here/initrd/mark"; } | tee "$room/sent" >&8
  finish 77' "$work/bzImage" -- true
[ "$status" -eq 77 ] && cmp "$work/out" "$work/sent" && [ "$(tr '\0' 0 <"$work/err")" = '0half a 00' ] && gone
result $? 'the streams and the status come through' "$work/err"
run 'say ready; say exit 3; cat "$room/noise" >&8; finish 3' "$work/bzImage" -- true
[ "$status" -eq 3 ] && cmp -s "$work/out" "$work/noise"
result $? 'what is still on its way when the command has ended comes as well' "$work/err"

lines() { head -n "$(($(wc -l <"$work/err") - 1))" "$work/err"; }
run 'exit' "$work/bzImage" -- true
ended 2 'a machine that ends at once' "$work/bzImage: the guest ended before the command began"
run 'echo "no such memory" >&2; exit 1' --memory 1 "$work/bzImage" -- true
[ "$(lines)" = 'ci/kernel: no such memory' ]
result $? 'what qemu says is told' "$work/err"
run 'echo "Kernel panic - not syncing: no init" >"$here/console"; exit' "$work/bzImage" -- true
ended 2 'a kernel that panics at once' \
  "$work/bzImage: the kernel panicked before the command began (Kernel panic - not syncing: no init)"
run 'say ready; echo out >&8; printf "%s\r\n" $(seq 1 30) "Kernel panic - so" >"$here/console"; exit' \
  "$work/bzImage" -- true
[ "$(cat "$work/out")" = out ] && [ "$(lines)" = "$( (seq 12 30; echo 'Kernel panic - so') | sed 's/^/ci\/kernel: console: /')" ]
result $? "what it had said, and the console's last lines" "$work/err"
ended 2 'a kernel that panics later' "$work/bzImage: the kernel panicked before the command ended (Kernel panic - so)"
run 'say the kernel lacks overlay; hang' "$work/bzImage" -- true
ended 2 'a kernel that lacks something' "$work/bzImage: the kernel lacks overlay"
run 'hang' --boot 1 "$work/bzImage" -- true
ended 124 'a kernel that hangs at once' "$work/bzImage: the command could not begin within 1 s"
run 'say ready; echo out >&8; hang' --timeout 1 "$work/bzImage" -- true
ended 124 'a command that never ends' "$work/bzImage: the command did not end within 1 s"
[ "$(cat "$work/out")" = out ]
result $? 'and what it has said' "$work/err"

MACHINE='say ready; yes >&8; hang'
"$sources/ci/kernel" "$work/bzImage" -- true >/dev/full 2>"$work/err"
status=$?
ended 2 'a full disk' 'stdout: No space left on device'
{ "$sources/ci/kernel" "$work/bzImage" -- true 2>"$work/err"; echo $? >"$work/status"; } | head -n 1 >"$work/out"
[ "$(cat "$work/status")" -eq 141 ] && [ "$(cat "$work/out")" = y ] && gone
result $? 'nobody who reads on' "$work/err"

# Whatever signal comes, the machine ends. A shell starts background jobs with some signals ignored, and
# nohup everything that it runs.
for signal in HUP:129 INT:130 TERM:143 KILL:137; do
  mkfifo "$work/begun"
  MACHINE='say ready; echo begun >"$room/begun"; hang' perl -e '$SIG{$_} = "DEFAULT" for qw(HUP INT TERM); exec @ARGV' \
    "$sources/ci/kernel" "$work/bzImage" -- true >"$work/out" 2>"$work/err" &
  timeout 30 grep -q begun "$work/begun" && kill -s "${signal%:*}" $! && wait $! 2>/dev/null
  { [ $? -eq "${signal#*:}" ] && gone; } >>"$work/err"
  result $? "SIG${signal%:*} ends it, and leaves nothing" "$work/err"
  rm "$work/begun"
done

# The part of the suite that needs mounts of its own.
own='unshare --mount'
[ "$(id -u)" -eq 0 ] || own='unshare --user --map-root-user --mount'
alone=$($own mount -t tmpfs none "$work/tmp" 2>&1) && alone=

# tried KVM: the accelerator that is used if /dev/kvm exists and answers like this; and what the command
# is told
tried() {
  [ -z "$alone" ] || return
  MACHINE='grep -o "accel [a-z]*" "$room/line" >&8; grep SCALE "$here/initrd/command" >&8; finish 0' KVM=$1 \
    $own sh -c '
      mkdir -p "$room/dev" && for node in null zero full random urandom kvm; do
        touch "$room/dev/$node" && { [ $node = kvm ] || mount --bind /dev/$node "$room/dev/$node"; } || exit
      done
      ln -sfn /proc/self/fd "$room/dev/fd" && mount --rbind "$room/dev" /dev &&
        exec "$0" "$room/bzImage" -- true' "$sources/ci/kernel" >"$work/out" 2>"$work/err"
  paste -s "$work/out"
}
# takes WHAT KVM ANSWER: the accelerator and the message are the expected ones
takes() {
  if [ -n "$alone" ]; then
    skipped "$1" "needs mounts of its own: $alone"
  else
    [ "$(tried "$2")" = "$3" ]
    result $? "$1" "$work/err"
  fi
}
rm -rf "$XDG_CACHE_HOME"
emulated="accel tcg	export NSRIG_TIMEOUT_SCALE='10'"
takes 'KVM that works is used' 'exit 33' 'accel kvm'
takes 'KVM that hangs is not' hang "$emulated"
takes 'and is not tried again' 'exit 33' "$emulated"
find "$XDG_CACHE_HOME" -name 'no-kvm-*' -exec touch -d '2 hours ago' {} +
takes 'but for an hour' 'exit 33' 'accel kvm'
rm -r "$XDG_CACHE_HOME"
takes 'KVM that refuses is not used' 'exit 1' "$emulated"

mkdir "$work/tools"
ln -s /usr/sbin/* /sbin/* /usr/bin/* /bin/* "$work/tools" 2>/dev/null
# without PROGRAM WHAT LINE: that program is not installed
without() {
  mv "$work/tools/$1" "$work/missing" 2>/dev/null
  with=$PATH
  PATH=$work/tools refused 2 "$2" "$3" "$work/bzImage" -- true
  PATH=$with
  mv "$work/missing" "$work/tools/$1" 2>/dev/null
}
without qemu-system-x86_64 'no QEMU' 'qemu-system-x86_64 was not found (Debian: qemu-system-x86)'
without cpio 'no cpio' 'cpio was not found (Debian: cpio)'
# If busybox is dynamically linked, its libraries must be found where it is the first program.
if [ -n "$alone" ]; then
  skipped 'a busybox has the libraries that it needs' "needs mounts of its own: $alone"
else
  cp "$work/tools/pwd" "$work/bin/busybox"
  run "$own"' chroot "$here/initrd" /bin/busybox >&8; finish 0' "$work/bzImage" -- true
  [ "$(cat "$work/out")" = / ]
  result $? 'a busybox has the libraries that it needs' "$work/err"
  rm "$work/bin/busybox"
fi

# ---- packages ---------------------------------------------------------------------------------

# A folder replaces apt: packages that depend on each other, and some that can be downloaded.
mkdir "$work/apt"
cat >"$work/bin/apt-cache" <<'E2'
#!/bin/sh
case $1 in
show) [ ! -e "$room/apt/$2" ] || echo "Package: $2" ;;
search) ls "$room/apt" | grep -v '\.deb$' | grep -E "$3" | sed 's/$/ - Linux/' ;;
depends) cat "$room/apt/$3" ;;
esac
E2
cat >"$work/bin/apt-get" <<'E2'
#!/bin/sh
echo "$3" >>"$room/asked"
eval "$FETCH"
cp "$room/apt/$3.deb" .
E2
chmod +x "$work/bin/apt-cache" "$work/bin/apt-get"

# package VERSION: a package that contains a kernel of that version
package() {
  mkdir -p "$work/package/DEBIAN" "$work/package/boot" "$work/package/lib/modules/$1"
  printf 'Package: linux-image-%s\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n' "$1" \
    >"$work/package/DEBIAN/control"
  image "$work/package/boot/vmlinuz-$1" "$1"
  touch "$work/package/lib/modules/$1/modules.order" "$work/package/lib/modules/$1/modules.builtin.modinfo"
  printf 'kernel/%s.ko\n' virtio_pci virtio_console 9p 9pnet_virtio overlay >"$work/package/lib/modules/$1/modules.builtin"
  head -c 200000 /dev/urandom >"$work/package/boot/System.map-$1"
  dpkg-deb --root-owner-group -b "$work/package" "$work/apt/linux-image-$1.deb" >/dev/null
  touch "$work/apt/linux-image-$1"
  rm -r "$work/package"
}
package 5.1.9-1-amd64
package 5.1.10-1-amd64
touch "$work/apt/linux-image-5.1.10-2-cloud-amd64" "$work/apt/linux-image-5.1.11-amd64-unsigned"
echo '  Depends: linux-image-5.1.10-1-amd64' >"$work/apt/linux-image-amd64"
package=linux-image-5.1.10-1-amd64

# fetches WHAT TIMES NAME: the newest kernel is that package's, and apt was called this often
fetches() {
  run 'grep -o "/root/lib/modules/[^ ]*" "$here/initrd/layout" | sort -u >&8; finish 0' "$3" -- true
  [ "$status" -eq 0 ] && grep -q "^/root/lib/modules/5.1.10-1-amd64'$" "$work/out" &&
    [ "$(grep -cx $package "$work/asked")" -eq "$2" ] && [ "$(ls "$NSRIG_KERNELS")" = $package ]
  result $? "$1" "$work/err"
}
# fails WHAT LINE NAME: fails with this line, and keeps nothing
fails() {
  run 'finish 0' "$3" -- true
  [ "$status" -eq 2 ] && [ "$(tail -n 1 "$work/err")" = "ci/kernel-package: $2" ] && [ -z "$(ls "$NSRIG_KERNELS")" ]
  result $? "$1" "$work/err"
}
mkdir "$NSRIG_KERNELS"
fails "a package that isn't there" \
  '"no-such": no such package (apt-cache search linux-image tells them, after apt-get update)' no-such
export FETCH='echo no network >&2; exit 100'
fails 'a package that is not to be had' \
  "package \"$package\" could not be fetched and unpacked in $NSRIG_KERNELS" linux-image-amd64
FETCH='head -c 100000 "$room/apt/$3.deb" >"$3.deb"; exit 0'
fails 'half a package' "package \"$package\" could not be fetched and unpacked in $NSRIG_KERNELS" linux-image-amd64
mkdir -p "$work/package/DEBIAN" && printf 'Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n' \
  >"$work/package/DEBIAN/control"
dpkg-deb -b "$work/package" "$work/apt/hello.deb" >/dev/null && touch "$work/apt/hello"
FETCH=
fails 'a package that is no kernel' 'package "hello" has no modules (expected that of a kernel)' hello

# Killed while it unpacks.
rm "$work/asked"
mkfifo "$work/begun"
FETCH='echo $$ >"$room/pid"; echo begun >"$room/begun"; exec tail -f /dev/null'
"$sources/ci/kernel-package" $package >"$work/out" 2>"$work/err" &
read -r _ <"$work/begun"
kill -9 $!
kill "$(cat "$work/pid")" 2>/dev/null
rm -r "${NSRIG_KERNELS:?}"/*
FETCH=
fetches 'what was half done is done again' 2 $package
rm -r "${NSRIG_KERNELS:?}" "$work/asked"
"$sources/ci/kernel-package" $package >"$work/one" 2>"$work/err" &
"$sources/ci/kernel-package" linux-image-amd64 >"$work/two" 2>>"$work/err"
wait $! && cmp "$work/one" "$work/two" && [ "$(cat "$work/one")" = "$NSRIG_KERNELS/$package" ] &&
  [ "$(ls "$NSRIG_KERNELS")" = $package ]
result $? 'two at once get the same' "$work/err"
rm -r "${NSRIG_KERNELS:?}" "$work/asked"
fetches 'a package that depends on that of a kernel' 1 linux-image-amd64
fetches 'what was fetched is not fetched again' 1 linux-image-amd64
fetches 'the newest of a version' 1 linux-image-5.1-amd64

# Disks of 300 kB: one for packages, one for temporary files.
full() { # WHAT FOLDER LINE
  if [ -n "$alone" ]; then
    skipped "$1" "needs mounts of its own: $alone"
    return
  fi
  mkdir -p "$2"
  MACHINE='finish 0' $own sh -c 'mount -t tmpfs -o size=300k none "$1" && "$0" linux-image-amd64 -- true
    status=$?; [ -z "$(ls "$1")" ] || echo "left: $(ls "$1")"; exit $status' "$sources/ci/kernel" "$2" >"$work/out" 2>"$work/err"
  [ $? -eq 2 ] && [ ! -s "$work/out" ] && grep -q 'No space left on device' "$work/err" && grep -q "$3" "$work/err"
  result $? "$1" "$work/err"
}
full 'a full disk for temporary files' "$TMPDIR" "$TMPDIR"
rm -r "${NSRIG_KERNELS:?}"
full 'a full disk for packages' "$NSRIG_KERNELS" \
  "^ci/kernel-package: package \"$package\" could not be fetched and unpacked in $NSRIG_KERNELS"

# ---- a kernel ---------------------------------------------------------------------------------

PATH=$real NSRIG_KERNELS=$cache
lack=
has qemu-system-x86_64 || lack='program qemu-system-x86_64'
[ -n "$kernel" ] || lack='a kernel that was fetched (ci/kernel-package linux-image-6.12-amd64)'

# boots WHAT STATUS LINE [OPTION]... KERNEL -- COMMAND...: asserts the status, and the last line unless
# it is empty
boots() {
  what=$1 expected=$2 line=$3
  shift 3
  if [ -n "$lack" ]; then
    skipped "$what" "needs $lack"
    return
  fi
  run '' "$@"
  { [ "$status" -eq "$expected" ] && [ -z "$line" ] || tail -n 1 "$work/err" | grep -q "^ci/kernel: .*: $line$"; } &&
    [ -z "$(ls "$TMPDIR")" ]
  result $? "$what" "$work/err"
}
# said WHAT COMMAND...: a check of the output of the kernel that was booted last
said() {
  what=$1
  shift
  if [ -n "$lack" ]; then
    skipped "$what" "needs $lack"
  else
    "$@" >>"$work/err" 2>&1
    result $? "$what" "$work/err"
  fi
}

mkdir "$work/here"
cd "$work/here" || exit
echo mine >file
export NSRIG_SAID="it's
 said" SAID=too UNSAID=no
boots 'a command runs, and its status is told' 7 '' --env SAID "$kernel" -- sh -c '
  id -u; uname -r; pwd; echo "$NSRIG_SAID, $SAID$UNSAID"; cat file
  echo theirs >file; cat file; echo theirs >"$0"; rm -r "$1"
  ls "/lib/modules/$(uname -r)/modules.dep" && busybox ip link add d0 type dummy && ls -d /sys/class/net/d0
  echo wrong >&2; echo again >/dev/stdout; tail -f /dev/null & exit 7' "$work/here/new" "$work/tools"
uname=$(sed -n 2p "$work/out")
{ echo 0; printf '%s\n' "$uname" "$PWD" "$NSRIG_SAID, too" mine theirs "/lib/modules/$uname/modules.dep" /sys/class/net/d0 again
} >"$work/told"
said 'as root, there, with what it was told, and with modules' cmp "$work/told" "$work/out"
said 'and its streams are two' test "$(cat "$work/err")" = wrong
said 'its files are gone with it' test "$(cat file) $(ls) $(ls "$work/tools/true")" = "mine file $work/tools/true"
boots 'a kernel that panics' 2 'the kernel panicked before the command ended (Kernel panic - not syncing: sysrq.*)' \
  "$kernel" -- sh -c 'echo c >/proc/sysrq-trigger'
said 'and what its console said' test "$(grep -c '^ci/kernel: console: ' "$work/err")" -eq 20
boots 'a kernel that hangs' 124 'the command could not begin within 9 s' \
  --boot 9 --append 'rdinit=/bin/busybox -- sleep inf' "$kernel" -- true
case $kernel in
linux-image-*) boots 'a kernel without its modules' 2 'the .*' \
  "$(echo "$cache/$kernel"/boot/vmlinuz-*)" -- true ;;
*) skipped 'a kernel without its modules' 'needs a package' ;;
esac
said 'and what it lacks' grep -q '^ci/kernel: console: .*ci/kernel: the kernel lacks ' "$work/err"
