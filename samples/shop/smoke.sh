#!/usr/bin/env bash
# Asks a running shop what a customer would ask: TOWPATH_URL says where it is.
set -euo pipefail

url=${TOWPATH_URL:-http://127.0.0.1:5000}

# The body of a page that answers 200. curl where there is one; bash can do it alone.
get() {
    if curl --version >/dev/null 2>&1; then
        curl --silent --show-error --fail --max-time 10 "${url%/}$1"
        return
    fi
    local address=${url#http://} answer
    address=${address%%/*}
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" "$address" >&3
    answer=$(cat <&3)
    exec 3>&-
    if [[ $answer != HTTP/1.[01]\ 200* ]]; then
        echo "$1 answered ${answer%%$'\r'*}" >&2
        return 1
    fi
    printf '%s\n' "$answer"
}

expect() {
    local path=$1 text=$2 body
    if ! body=$(get "$path"); then
        echo "smoke: $path does not answer as it should" >&2
        exit 1
    fi
    if [[ $body != *"$text"* ]]; then
        echo "smoke: $path does not say \"$text\"" >&2
        exit 1
    fi
    echo "smoke: $path is right"
}

expect / "shop"
expect /products "Tow rope"
expect "/products/rope/total?pieces=2" "9800"
