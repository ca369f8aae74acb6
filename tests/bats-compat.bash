# What our tests use of bats 1.5 and later, for older ones (Ubuntu 22.04 has 1.2): `run` with an
# expected status (-N, !) and --separate-stderr, and a folder a test. Newer ones bring all this.

if ! declare -F bats_require_minimum_version >/dev/null; then
	bats_require_minimum_version() { :; }
	run() {
		local want='' stderr_file='' flags=$-
		while [[ ${1:-} == -* || ${1:-} == '!' ]]; do
			case $1 in
			--separate-stderr) stderr_file=$(mktemp "$BATS_TEST_TMPDIR/stderr.XXXXXX") ;;
			'!') want=not ;;
			*) want=${1#-} ;;
			esac
			shift
		done
		set +eET
		if [ -n "$stderr_file" ]; then
			output=$("$@" 2>"$stderr_file")
		else
			output=$("$@" 2>&1)
		fi
		status=$?
		if [ -n "$stderr_file" ]; then
			stderr=$(<"$stderr_file")
			# shellcheck disable=SC2034 # for the tests
			mapfile -t stderr_lines <<<"$stderr"
		fi
		# shellcheck disable=SC2034 # for the tests
		mapfile -t lines <<<"$output"
		set -"${flags//[^eET]/}"
		case $want in
		'') return 0 ;;
		not) [ "$status" -ne 0 ] ;;
		*) [ "$status" -eq "$want" ] ;;
		esac
	}
fi
if [ -z "${BATS_TEST_TMPDIR:-}" ]; then
	BATS_TEST_TMPDIR=$(mktemp -d "${BATS_TMPDIR:-/tmp}/bats.XXXXXX") # not exported: one a test
fi
