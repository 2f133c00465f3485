-- The dissector; `payload` above says what there is to find. What it gets are frames as on the wire, without their delimiters:
-- COBS (packet, CRC-32). The reasons for a rejection are those of Freefall's SPEC.md, 8, in the same order.

local CRC_LEN, LEAST, MOST_ENCODED, SAMPLES_AT = 4, 20, 253, 18

-- Wireshark's library for bits, or what Lua 5.4 has in its place.
local library = bit or bit32
local xor = library and library.bxor or load("return function(a, b) return a ~ b end")()

local prefix = "freefall_" .. payload.name
local proto = Proto(prefix, "Freefall payload " .. payload.name)
local fields, experts = {}, {}

local function new_field(kind, name, title, ...)
    local key = prefix .. "." .. name
    fields[key] = fields[key] or ProtoField[kind](key, title, ...)
    return fields[key]
end

local function new_expert(name, title, group, severity)
    local made = ProtoExpert.new(prefix .. ".expert." .. name, title, expert.group[group], expert.severity[severity])
    experts[name] = made
    return made
end

local field = {
    crc = new_field("uint32", "crc", "CRC-32", base.HEX),
    crc_ok = new_field("bool", "crc_ok", "CRC-32 is right"),
    reject = new_field("string", "reject", "Rejected"),
    time = new_field("relative_time", "time", "On-board time"),
    count = new_field("uint8", "count", "Valid samples"),
    index = new_field("uint32", "index", "Index of the first sample"),
    sample = new_field("uint32", "sample", "Sample"),
    sample_time = new_field("relative_time", "sample_time", "On-board time of the sample"),
    no_value = new_field("string", "no_value", "No value"),
}
local rejected = new_expert("reject", "Rejected", "MALFORMED", "ERROR")
local invalid = new_expert("invalid", "The part says that this is no value", "SEQUENCE", "WARN")
local ranges = {
    { "critical", new_expert("critical", "Outside the critical range", "SEQUENCE", "ERROR") },
    { "warning", new_expert("warning", "Outside the warning range", "SEQUENCE", "WARN") },
    { "watch", new_expert("watch", "Outside the watch range", "SEQUENCE", "NOTE") },
}

for _, item in ipairs(payload.header) do
    item.field = new_field("uint32", "header." .. item.name, item.name, base.DEC, nil, nil, item.meaning)
end
local services, streams = {}, {}
for _, packet in ipairs(payload.packets) do
    if packet.channels then
        for _, channel in ipairs(packet.channels) do
            local name = packet.name .. "." .. channel.name
            local unit = channel.unit ~= "" and " [" .. channel.unit .. "]" or ""
            channel.raw_field = new_field(channel.signed and "int32" or "uint32", name .. ".raw", channel.name .. ", raw value")
            channel.value_field = channel.value and new_field("double", name, channel.name .. unit)
        end
        streams[packet.apid] = packet
    else
        for _, item in ipairs(packet.items) do
            local name = "report." .. packet.name .. "." .. item.name
            item.field = new_field("uint32", name, item.name, base.DEC, nil, nil, item.meaning)
        end
        services[#services + 1] = packet
    end
end

local all_fields, all_experts = {}, {}
for _, made in pairs(fields) do all_fields[#all_fields + 1] = made end
for _, made in pairs(experts) do all_experts[#all_experts + 1] = made end
proto.fields, proto.experts = all_fields, all_experts

local crc_table = {}
for octet = 0, 255 do
    local crc = octet
    for _ = 1, 8 do
        local half = math.floor(crc / 2)
        crc = crc % 2 == 1 and xor(half, 0xEDB88320) % 0x100000000 or half
    end
    crc_table[octet] = crc
end

local function crc32(octets)
    local crc = 0xFFFFFFFF
    for at = 1, #octets do
        crc = xor(crc_table[xor(crc % 256, octets:byte(at))], math.floor(crc / 256)) % 0x100000000
    end
    return 0xFFFFFFFF - crc
end

-- The octets of a word are Lua's, from 1; order, shift, width and sign as in a definition's raw words.
local function word_in(octets, at, word)
    local value = 0
    for step = 0, word.octets - 1 do
        local octet = word.order == "little" and word.octets - 1 - step or step
        value = value * 256 + octets:byte(at + octet + 1)
    end
    value = math.floor(value / 2 ^ word.shift) % 2 ^ word.width
    if word.signed and value >= 2 ^ (word.width - 1) then value = value - 2 ^ word.width end
    return math.floor(value)
end

local function cobs_decoded(encoded)
    local pieces, at = {}, 1
    while at <= #encoded do
        local code = encoded:byte(at)
        if at + code > #encoded + 1 then return nil end
        pieces[#pieces + 1] = encoded:sub(at + 1, at + code - 1)
        at = at + code
    end
    return table.concat(pieces, "\0")
end

local function time_at(octets, at)
    local seconds, fraction = 0, 0
    for step = 1, 4 do seconds = seconds * 256 + octets:byte(at + step) end
    for step = 5, 7 do fraction = fraction * 256 + octets:byte(at + step) end
    local micros = math.floor((fraction * 15625 + 131072) / 262144)
    return seconds + math.floor(micros / 1000000), micros % 1000000
end

local function later(seconds, micros, by)
    micros = micros + by
    return NSTime.new(seconds + math.floor(micros / 1000000), micros % 1000000 * 1000)
end

local calibrations = {
    linear = function(raw, with) return raw * with.scale + with.offset end,
    polynomial = function(raw, with)
        local total = raw * 0.0 + with.coefficients[#with.coefficients]
        for power = #with.coefficients - 1, 1, -1 do total = total * raw + with.coefficients[power] end
        return total
    end,
    table = function(raw, with)
        local at, past = with.raw, #with.raw
        if raw < at[1] or raw > at[past] then return nil, "nobody measured there" end
        local below = past - 1
        while raw < at[below] do below = below - 1 end
        local slope = (with.value[below + 1] - with.value[below]) / (at[below + 1] - at[below])
        return slope * (raw - at[below]) + with.value[below]
    end,
}

local function is_one_of(value, values)
    for _, other in ipairs(values) do
        if other == value then return true end
    end
    return false
end

-- Whether the octets of a sample, which begin at `at`, pass.
local checks = {
    crc8 = function(octets, at, check)
        local crc = check.initial
        for place = at + check.offset + 1, at + check.offset + check.octets do
            crc = xor(crc, octets:byte(place))
            for _ = 1, 8 do
                local doubled = crc * 2
                crc = doubled >= 256 and xor(doubled, check.polynomial) % 256 or doubled
            end
        end
        return crc == octets:byte(at + check.offset + check.octets + 1)
    end,
    sum8 = function(octets, at, check)
        local sum = 0
        for place = at + check.offset + 1, at + check.offset + check.octets + 1 do sum = sum + octets:byte(place) end
        return sum % 256 == 0
    end,
    expected = function(octets, at, check) return is_one_of(word_in(octets, at + check.at, check.word), check.values) end,
    forbidden = function(octets, at, check) return not is_one_of(word_in(octets, at + check.at, check.word), check.values) end,
    saturated = function(octets, at, check) return word_in(octets, at + check.at, check.word) < check.limit end,
    blank = function(octets, at, check)
        for place, octet in ipairs(check.values) do
            if octets:byte(at + check.offset + place) ~= octet then return true end
        end
        return false
    end,
}

local function show_items(tree, tvb, octets, items)
    for _, item in ipairs(items) do
        tree:add(item.field, tvb:range(item.at, item.octets), word_in(octets, item.at, item))
    end
end

local function show_channel(tree, range, raw, channel, reason)
    local raw_item = tree:add(channel.raw_field, range, raw)
    if not channel.value then
        raw_item:append_text("; its value is made by the part's own compensation, in freefall")
        return
    end
    local value, nobody = calibrations[channel.value.kind](raw, channel.value)
    reason = reason or nobody
    if reason then
        tree:add(field.no_value, range, reason):prepend_text(channel.name .. ": "):add_proto_expert_info(invalid)
        return
    end
    local item = tree:add(channel.value_field, range, value)
    for _, level in ipairs(ranges) do
        local limits = channel.limits[level[1]]
        if limits and (value < limits[1] or value > limits[2]) then
            item:add_proto_expert_info(level[2])
            return
        end
    end
end

local function show_samples(tree, tvb, octets, packet)
    local count, index = octets:byte(14), word_in(octets, 14, { octets = 4, order = "big", shift = 0, width = 32 })
    local seconds, micros = time_at(octets, 6)
    tree:add(field.time, tvb:range(6, 7), later(seconds, micros, 0))
    tree:add(field.count, tvb:range(13, 1), count)
    tree:add(field.index, tvb:range(14, 4), index)
    for sample = 0, count - 1 do
        local at = SAMPLES_AT + sample * packet.sample_len
        local inner = tree:add(field.sample, tvb:range(at, packet.sample_len), (index + sample) % 2 ^ 32)
        if packet.times then
            local own = word_in(octets, at, { octets = 4, order = "big", shift = 0, width = 32 })
            inner:add(field.sample_time, tvb:range(at, 4), later(seconds, micros, own))
            at = at + 4
        end
        local reasons = {}
        for _, check in ipairs(packet.checks) do
            if not checks[check.kind](octets, at, check) then
                for _, name in ipairs(check.channels) do reasons[name] = reasons[name] or check.reason end
            end
        end
        for _, channel in ipairs(packet.channels) do
            local range = tvb:range(at + channel.at, channel.octets)
            show_channel(inner, range, word_in(octets, at + channel.at, channel), channel, reasons[channel.name])
        end
    end
    return ("%s, %d samples from %d"):format(packet.name, count, index)
end

local function show_report(tree, tvb, octets, packet)
    local seconds, micros = time_at(octets, 13)
    tree:add(field.time, tvb:range(13, 7), later(seconds, micros, 0))
    show_items(tree, tvb, octets, packet.items)
    return packet.name
end

local function report_of(octets)
    for _, packet in ipairs(services) do
        local known = #octets == packet.length
        for _, item in ipairs(packet.items) do
            known = known and (not item.fixed or word_in(octets, item.at, item) == item.fixed)
        end
        if known then return packet end
    end
end

local function rest_is_zero(octets, at)
    return not octets:find("[^%z]", at + 1)
end

-- The packet's octets and what it is, or the reason why it is none, and the octets as far as there are some.
local function judged(encoded, length)
    if length > MOST_ENCODED then return nil, "oversize" end
    local data = cobs_decoded(encoded)
    if not data then return nil, "cobs" end
    local octets = data:sub(1, -CRC_LEN - 1)
    local crc = 0
    for at = math.max(#data - 3, 1), #data do crc = crc * 256 + data:byte(at) end
    if #octets < LEAST or crc32(octets) ~= crc then return nil, "crc", octets, crc end
    if #octets % 4 ~= 0 or octets:byte(5) * 256 + octets:byte(6) + 7 ~= #octets then return nil, "length", octets, crc end
    if math.floor(octets:byte(1) / 8) ~= 1 or octets:byte(3) < 192 then return nil, "header", octets, crc end
    local apid = octets:byte(1) % 8 * 256 + octets:byte(2)
    local stream = streams[apid]
    if apid ~= payload.apid and not stream then return nil, "apid", octets, crc end
    if not stream then
        local report = report_of(octets)
        return report, not report and "size" or nil, octets, crc
    end
    local count = octets:byte(14)
    local fits = #octets == stream.length and count >= 1 and count <= stream.samples
    if not fits or not rest_is_zero(octets, SAMPLES_AT + count * stream.sample_len) then return nil, "size", octets, crc end
    return stream, nil, octets, crc
end

function proto.dissector(tvb, pinfo, tree)
    pinfo.cols.protocol = payload.name
    local packet, reason, octets, crc = judged(tvb:raw(), tvb:reported_len())
    local top = tree:add(proto, tvb())
    local inside
    if octets and #octets > 0 then
        inside = ByteArray.new(octets, true):tvb("Packet")
        top:add(field.crc, crc)
        top:add(field.crc_ok, reason ~= "crc")
    end
    if reason then
        top:add(field.reject, reason):add_proto_expert_info(rejected)
        pinfo.cols.info = "rejected: " .. reason
        if reason == "crc" or not inside then return end
    end
    if #octets >= LEAST then show_items(top:add(proto, inside:range(0, 6), "Primary header"), inside, octets, payload.header) end
    if packet then
        local own = top:add(proto, inside(), packet.name .. ": " .. packet.meaning)
        pinfo.cols.info = (packet.channels and show_samples or show_report)(own, inside, octets, packet)
    end
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, proto)
