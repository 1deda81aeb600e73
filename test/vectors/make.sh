#!/usr/bin/env bash
# Makes signatures.json: requests signed by the openssl command, an implementation that shares no code with ours.
# Run it again only to change the cases; the keys are new each time and the private halves are thrown away.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name|method|target|date|body
cases() {
  printf '%s\n' \
    'delivery report|POST|/captureData|Wed, 18 Jul 2018 06:33:52 GMT|{"delivery_report_id":"dc6f7774-9572-41a8-9a6b-9976a98db4a9","status":"delivered"}' \
    'Unicode body|POST|/messagemedia|Mon, 23 Nov 2026 09:05:07 GMT|{"reply_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","content":"Größe 你好 👍🏽"}' \
    'empty body|POST|/|Sun, 01 Jan 2023 00:00:00 GMT|' \
    'query|GET|/messagemedia?b=2&a=1&a=%2B+1&text=caf%C3%A9|Thu, 29 Feb 2024 23:59:59 GMT|'
}

for bits in 1024 2048 4096; do
  openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" -out "$work/$bits.pem" 2>/dev/null
done

{
  printf '[\n'
  separator=''
  for bits in 1024 2048 4096; do
    key=$(openssl pkey -in "$work/$bits.pem" -pubout -outform DER | openssl base64 -A)
    for digest in SHA224 SHA256 SHA512; do
      while IFS='|' read -r name method target date body; do
        printf '%s %s HTTP/1.1%s%s' "$method" "$target" "$date" "$body" >"$work/signed"
        signature=$(openssl dgst "-$digest" -sign "$work/$bits.pem" "$work/signed" | openssl base64 -A)
        body64=$(printf '%s' "$body" | openssl base64 -A)
        printf '%s{"name":"%s","bits":%s,"digest":"%s","method":"%s","target":"%s","date":"%s","body_base64":"%s","public_key":"%s","signature":"%s"}' \
          "$separator" "$name" "$bits" "$digest" "$method" "$target" "$date" "$body64" "$key" "$signature"
        separator=$',\n'
      done < <(cases)
    done
  done
  printf '\n]\n'
} >signatures.json
