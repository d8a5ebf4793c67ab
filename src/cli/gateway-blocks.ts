/**
 * What to paste into the gateways that labs run already: the very blocks that the interop tests
 * run, and how each gateway behaves when the node fails. Pure.
 */
export interface BlockOptions {
  /** http://host:port of the node or an edge. */
  readonly node: string
  readonly token: string
  /** Pass requests while the node cannot be asked; otherwise they are declined. */
  readonly failOpen: boolean
  /** Where requests go that may pass: host:port. */
  readonly upstream: string
  /** What the gateway calls the client's address, where not its own name for it. */
  readonly clientAddress?: string
}

/** How long a gateway waits for an answer, which takes a millisecond; then its rule holds. */
const WAIT_MS = 500

export function nginxBlock(options: BlockOptions): string {
  const { node, token, failOpen, upstream, clientAddress = '$remote_addr' } = options
  return `# in http { }
upstream tocsin { server ${new URL(node).host}; keepalive 16; }

# in server { }
location = /_tocsin {
    internal;
    proxy_pass ${schemeOf(node)}://tocsin/authz;
    proxy_http_version 1.1;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Connection "";
    # What visitors prove themselves with is not for the node.
    proxy_set_header Authorization "";
    proxy_set_header Cookie "";
    proxy_set_header X-Api-Key "${token}";
    proxy_set_header X-Real-IP ${clientAddress};
    proxy_connect_timeout ${WAIT_MS}ms;
    proxy_read_timeout ${WAIT_MS}ms;
}
location / {
    auth_request /_tocsin;
    # throttle and challenge pass; limit_req or your upstream can act on this:
    auth_request_set $tocsin_action $upstream_http_x_tocsin_action;
    proxy_set_header X-Tocsin-Action $tocsin_action;
${failOpen ? '    error_page 500 = @tocsin_open;\n' : ''}    proxy_pass http://${upstream};
}
${failOpen ? `location @tocsin_open { proxy_pass http://${upstream}; }\n` : ''}`
}

export function caddyBlock(options: BlockOptions): string {
  const { node, token, failOpen, upstream, clientAddress = '{remote_host}' } = options
  const open = `
handle_errors {
    @tocsin_down expression {http.error.status_code} in [500, 502, 503, 504]
    reverse_proxy @tocsin_down ${upstream}
}`
  return `# in the site's block
route {
    forward_auth ${schemeOf(node) === 'https' ? node : new URL(node).host} {
        uri /authz
        header_up X-Api-Key "${token}"
        # Caddy hands on what visitors send: these two must be its own.
        header_up X-Real-IP "${clientAddress}"
        header_up -X-Envoy-External-Address
        # What visitors prove themselves with is not for the node.
        header_up -Authorization
        header_up -Cookie
        copy_headers X-Tocsin-Action
        transport http {
            dial_timeout ${WAIT_MS}ms
            response_header_timeout ${WAIT_MS}ms
        }
        # Caddy would show a fault of the node as an answer of its own.
        @tocsin_fault status 5xx
        handle_response @tocsin_fault {
            error 503
        }
    }
    reverse_proxy ${upstream}
}${failOpen ? open : ''}
`
}

/** `tocsin.lua`, which HAProxy loads beside its configuration. */
export function haproxyLua(): string {
  return `-- Asks Tocsin about each request; sets txn.tocsin_status: 200, 403, or 0 where it cannot.
core.register_action("tocsin", { "http-req" }, function(txn)
  local ok, answer = pcall(function()
    return core.httpclient():get{
      url = os.getenv("TOCSIN_URL") .. "/authz",
      headers = {
        ["x-api-key"] = { os.getenv("TOCSIN_TOKEN") },
        ["x-real-ip"] = { txn:get_var("txn.tocsin_client") },
      },
      timeout = ${WAIT_MS},
    }
  end)
  local status = ok and answer and answer.status or 0
  if status ~= 200 and status ~= 403 then status = 0 end
  txn:set_var("txn.tocsin_status", status)
end)
`
}

export function haproxyBlock(options: BlockOptions): string {
  const { node, token, failOpen, upstream, clientAddress = 'src' } = options
  const tls = schemeOf(node) === 'https' ? ' ssl verify none' : ''
  const closed = '    http-request deny deny_status 503 if { var(txn.tocsin_status) -m int 0 }\n'
  return `# in global; tocsin.lua is printed below
    setenv TOCSIN_URL "${node}"
    setenv TOCSIN_TOKEN "${token}"
    lua-load-per-thread tocsin.lua

# in the frontend
    http-request set-var(txn.tocsin_client) ${clientAddress}
    http-request set-var(txn.tocsin_status) int(0)
    http-request lua.tocsin if { nbsrv(tocsin) gt 0 }
    http-request deny deny_status 403 if { var(txn.tocsin_status) -m int 403 }
${failOpen ? '' : closed}    default_backend upstream

# the backends: the first is only checked, for Lua's client keeps a visitor for seconds where the
# node does not answer
backend tocsin
    timeout check 1s
    option httpchk
    http-check send meth GET uri /healthz ver HTTP/1.1 hdr host ${new URL(node).host}
    server node ${new URL(node).host} check inter 500ms fall 2 rise 1${tls}
backend upstream
    server one ${upstream}
`
}

export function envoyBlock({ node, token, failOpen }: BlockOptions): string {
  const { hostname, port } = new URL(node)
  return `# in http_filters, before the router
- name: envoy.filters.http.ext_authz
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
    failure_mode_allow: ${failOpen}
    http_service:
      server_uri: { uri: "${node}", cluster: tocsin, timeout: ${WAIT_MS / 1_000}s }
      path_prefix: /authz
      authorization_request:
        # Never x-real-ip: visitors can set it, and Envoy hands it on.
        allowed_headers:
          patterns: [{ exact: x-envoy-external-address }, { exact: x-forwarded-for }]
        headers_to_add: [{ key: x-api-key, value: "${token}" }]

# in clusters
- name: tocsin
  type: STRICT_DNS
  connect_timeout: ${WAIT_MS / 1_000}s
  load_assignment:
    cluster_name: tocsin
    endpoints:
      - lb_endpoints:
          - endpoint:
              address: { socket_address: { address: ${hostname}, port_value: ${port} } }
`
}

export function crowdsecBlock({ node, token }: Pick<BlockOptions, 'node' | 'token'>): string {
  return `# in the bouncer's configuration (firewall, custom, nginx, Traefik, …)
api_url: ${node}/
api_key: ${token}
update_frequency: 10s
`
}

export function litellmBlock({ node, token, failOpen }: BlockOptions): string {
  return `# in LiteLLM's config.yaml; the address comes from X-Real-IP, set by the proxy before it:
# api.dialects.pointers: [/request_headers/x-real-ip=ip] in Tocsin's settings
guardrails:
  - guardrail_name: tocsin
    litellm_params:
      guardrail: generic_guardrail_api
      mode: pre_call
      api_base: ${node}
      headers: { X-Api-Key: "${token}" }
      exclude_payload_fields: [texts, images, structured_messages]
      unreachable_fallback: ${failOpen ? 'fail_open' : 'fail_closed'}
`
}

/** Portkey's config; a proxy before it must set it, and drop what visitors send. */
export function portkeyConfig({ node, token, failOpen }: BlockOptions): object {
  const check = {
    id: 'default.webhook',
    parameters: {
      webhookURL: `${node}/guardrails/portkey`,
      headers: { 'X-Api-Key': token },
      timeout: WAIT_MS,
      failOnError: !failOpen,
    },
  }
  return {
    before_request_hooks: [{ type: 'guardrail', id: 'tocsin', checks: [check], deny: true }],
  }
}

export function portkeyBlock(options: BlockOptions): string {
  return `# headers that the proxy before Portkey sets; it must drop every x-portkey-* of visitors
x-portkey-config: ${JSON.stringify(portkeyConfig(options))}
x-portkey-metadata: {"ip": "<client address>"}
`
}

/** For Node applications; the package answers in their own process. */
export function expressBlock({ node, token, failOpen }: BlockOptions): string {
  return `import { initReplica, expressGuard } from 'tocsin/replica'
${replicaText({ node, token, failOpen })}
app.use(expressGuard(replica))
`
}

export function fastifyBlock({ node, token, failOpen }: BlockOptions): string {
  return `import { initReplica, fastifyGuard } from 'tocsin/replica'
${replicaText({ node, token, failOpen })}
app.addHook('onRequest', fastifyGuard(replica))
`
}

function replicaText({ node, token, failOpen }: Omit<BlockOptions, 'upstream'>): string {
  return `const replica = await initReplica({
  url: '${node}',
  credential: '${token}',
  store: { dir: './tocsin-replica' },
  onDegraded: {
    stale: 'last-known',
    expired: { block: 'challenge' },
    neverSynced: '${failOpen ? 'allow' : 'block'}',
  },
})`
}

function schemeOf(node: string): string {
  return new URL(node).protocol.replace(':', '')
}

/** The user that the node needs there, and how a gateway asks. A key may be a network around. */
export function redisBlock(): string {
  return `# The node's environment; then start it again. rediss:// for TLS, /DB for a database.
TOCSIN_REDIS=redis://tocsin:PASSWORD@127.0.0.1:6379

# In Redis: a user for the node that can do no more than it does, and one for gateways.
ACL SETUSER tocsin on >PASSWORD ~blocklist:* -@all +get +set +del +scan +select
ACL SETUSER gateway on >PASSWORD ~blocklist:* -@all +exists +select

# In a gateway (Python; any client does): is the address there, or a network around it?
from ipaddress import ip_address, ip_network

def keys(client):
    ip = ip_address(client)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    widest = 16 if ip.version == 4 else 32
    around = (ip_network((ip, n), strict=False) for n in range(widest, ip.max_prefixlen))
    return ["blocklist:%s" % one for one in (ip, *around)]

blocked = redis.exists(*keys(client)) > 0
`
}
