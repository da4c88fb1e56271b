package protocol

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// infoOf returns the row of a method.
func infoOf(t testing.TB, m Method) MethodInfo {
	for _, info := range Methods() {
		if info.Method == m {
			return info
		}
	}
	t.Fatalf("no method %s", m)
	return MethodInfo{}
}

func ids(n int) string {
	return `["` + strings.Repeat(`a","`, n-1) + `a"]`
}

func TestDecodeParamsRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		method Method
		params string
		field  string
	}{
		"unknown member":                 {MethodPeopleFocus, `{"user_id":"b","foo":1}`, "foo"},
		"unknown member where none is":   {MethodSettingsGet, `{"foo":1}`, "foo"},
		"unknown inner member":           {MethodInvitationSend, `{"to":{"foo":"b"}}`, "to.foo"},
		"unknown member of client":       {MethodHello, `{"client":{"name":"","version":"","kind":"web","foo":1}}`, "client.foo"},
		"name in another case":           {MethodPeopleFocus, `{"User_id":"b"}`, "User_id"},
		"member twice":                   {MethodPeopleFocus, `{"user_id":"b","user_id":"b"}`, "user_id"},
		"member twice, once escaped":     {MethodPeopleFocus, `{"user_id":"b","user\u005fid":"b"}`, "user_id"},
		"inner member twice":             {MethodInvitationSend, `{"to":{"email":"a@b","email":"a@b"}}`, "to.email"},
		"twice in metadata":              {MethodSessionCreate, `{"name":"a","metadata":{"x":[{"y":1,"y":2}]}}`, "metadata.x.0.y"},
		"twice in data":                  {MethodSessionSend, `{"session_id":"s","kind":"k","data":{"a":1,"a":1}}`, "data.a"},
		"twice in attributes":            {MethodSessionSetAttributes, `{"session_id":"s","attributes":{"a":1,"a":2}}`, "attributes.a"},
		"twice in an attribute":          {MethodSessionSetAttributes, `{"session_id":"s","attributes":{"a":{"b":1,"b":2}}}`, "attributes.a.b"},
		"missing":                        {MethodPeopleFocus, `{}`, "user_id"},
		"missing within":                 {MethodHello, `{"client":{"name":"a","version":"1"}}`, "client.kind"},
		"null for a string":              {MethodPeopleFocus, `{"user_id":null}`, "user_id"},
		"null for an optional string":    {MethodInvitationSend, `{"to":{"user_id":"b"},"message":null}`, "message"},
		"null for a flag":                {MethodInvitationDecline, `{"invitation_id":"i","block":null}`, "block"},
		"null for a number":              {MethodRelationList, `{"limit":null}`, "limit"},
		"null for an object":             {MethodInvitationSend, `{"to":null}`, "to"},
		"null for a list":                {MethodInvitationWithdrawMany, `{"invitation_ids":null}`, "invitation_ids"},
		"null in a list":                 {MethodInvitationWithdrawMany, `{"invitation_ids":["a",null]}`, "invitation_ids.1"},
		"null for a time":                {MethodPresenceSet, `{"status":"online","note_until":null}`, "note_until"},
		"null for metadata":              {MethodSessionCreate, `{"name":"a","metadata":null}`, "metadata"},
		"null for attributes":            {MethodSessionSetAttributes, `{"session_id":"s","attributes":null}`, "attributes"},
		"number for a string":            {MethodPeopleFocus, `{"user_id":5}`, "user_id"},
		"string for a flag":              {MethodInvitationDecline, `{"invitation_id":"i","block":"true"}`, "block"},
		"string for a number":            {MethodRelationList, `{"limit":"5"}`, "limit"},
		"array for an object":            {MethodInvitationSend, `{"to":[]}`, "to"},
		"object for a list":              {MethodInvitationWithdrawMany, `{"invitation_ids":{}}`, "invitation_ids"},
		"number in a list":               {MethodInvitationWithdrawMany, `{"invitation_ids":["a","b","c",4]}`, "invitation_ids.3"},
		"array for attributes":           {MethodSessionSetAttributes, `{"session_id":"s","attributes":[]}`, "attributes"},
		"array for metadata":             {MethodSessionCreate, `{"name":"a","metadata":[]}`, "metadata"},
		"fraction":                       {MethodRelationList, `{"limit":1.5}`, "limit"},
		"number beyond 64 bits":          {MethodInvitationMarkSeen, `{"rev":99999999999999999999}`, "rev"},
		"negative revision":              {MethodInvitationMarkSeen, `{"rev":-1}`, "rev"},
		"negative revision to resume":    {MethodHello, `{"resume":{"epoch":"e","rev":-1}}`, "resume.rev"},
		"limit 0":                        {MethodRelationList, `{"limit":0}`, "limit"},
		"limit 201":                      {MethodRelationList, `{"limit":201}`, "limit"},
		"op_id too long":                 {MethodUserBlock, `{"user_id":"b","op_id":"` + strings.Repeat("ü", 65) + `"}`, "op_id"},
		"op_id where nothing is durable": {MethodSessionLeave, `{"session_id":"s","op_id":"x"}`, "op_id"},
		"NUL in an id":                   {MethodPeopleFocus, `{"user_id":"a\u0000"}`, "user_id"},
		"half a surrogate pair":          {MethodPeopleFocus, `{"user_id":"\ud83d"}`, "user_id"},
		"half a pair and no other half":  {MethodPeopleFocus, `{"user_id":"\ud83d\u0041"}`, "user_id"},
		"empty id":                       {MethodPeopleFocus, `{"user_id":""}`, "user_id"},
		"id too long":                    {MethodPeopleFocus, `{"user_id":"` + strings.Repeat("a", 256) + `"}`, "user_id"},
		"no kind of device":              {MethodHello, `{"client":{"name":"a","version":"1","kind":"toaster"}}`, "client.kind"},
		"to nobody":                      {MethodInvitationSend, `{"to":{}}`, "to"},
		"to two":                         {MethodInvitationSend, `{"to":{"user_id":"a","username":"b"}}`, "to"},
		"no address":                     {MethodInvitationSend, `{"to":{"email":"nobody"}}`, "to.email"},
		"an address with a space":        {MethodInvitationSend, `{"to":{"email":"a b@c.example"}}`, "to.email"},
		"no number":                      {MethodInvitationSend, `{"to":{"phone":"call me"}}`, "to.phone"},
		"newline in a message":           {MethodInvitationSend, `{"to":{"user_id":"b"},"message":"a\nb"}`, "message"},
		"withdraw nothing":               {MethodInvitationWithdraw, `{}`, "invitation_id"},
		"withdraw by both":               {MethodInvitationWithdraw, `{"invitation_id":"i","user_id":"b"}`, "user_id"},
		"withdraw none of many":          {MethodInvitationWithdrawMany, `{}`, "invitation_ids"},
		"withdraw all: false":            {MethodInvitationWithdrawMany, `{"all":false}`, "invitation_ids"},
		"withdraw many and all":          {MethodInvitationWithdrawMany, `{"invitation_ids":["a"],"all":true}`, "all"},
		"withdraw 501":                   {MethodInvitationWithdrawMany, `{"invitation_ids":` + ids(501) + `}`, "invitation_ids"},
		"age with ids":                   {MethodInvitationWithdrawMany, `{"invitation_ids":["a"],"older_than_ms":5}`, "older_than_ms"},
		"age alone":                      {MethodInvitationWithdrawMany, `{"older_than_ms":5}`, "invitation_ids"},
		"negative age":                   {MethodInvitationWithdrawMany, `{"all":true,"older_than_ms":-5}`, "older_than_ms"},
		"no box":                         {MethodInvitationList, `{}`, "box"},
		"another box":                    {MethodInvitationList, `{"box":"spam"}`, "box"},
		"another state":                  {MethodInvitationList, `{"box":"sent","state":"accepted"}`, "state"},
		"connections who are invisible":  {MethodConnectionList, `{"status":"invisible"}`, "status"},
		"another policy":                 {MethodSettingsUpdate, `{"invitable_by":"friends"}`, "invitable_by"},
		"query of one letter":            {MethodPeopleSearch, `{"query":"ü"}`, "query"},
		"another order":                  {MethodPeopleInSession, `{"session_id":"s","sort":"age"}`, "sort"},
		"to set offline":                 {MethodPresenceSet, `{"status":"offline"}`, "status"},
		"note too long":                  {MethodPresenceSet, `{"status":"online","note":"` + strings.Repeat("ü", 129) + `"}`, "note"},
		"note with an override":          {MethodPresenceSet, `{"status":"online","note":"a\u202eb"}`, "note"},
		"no time":                        {MethodPresenceSet, `{"status":"online","note_until":"tomorrow"}`, "note_until"},
		"time without a zone":            {MethodPresenceSet, `{"status":"online","note_until":"2026-01-31T09:30:00"}`, "note_until"},
		"time of the year 10000":         {MethodPresenceSet, `{"status":"online","note_until":"9999-12-31T23:59:59-01:00"}`, "note_until"},
		"empty name":                     {MethodSessionCreate, `{"name":""}`, "name"},
		"blank name":                     {MethodSessionCreate, `{"name":"   "}`, "name"},
		"name too long":                  {MethodSessionCreate, `{"name":"` + strings.Repeat("ü", 81) + `"}`, "name"},
		"metadata too large":             {MethodSessionCreate, `{"name":"a","metadata":{"a":"` + strings.Repeat("x", 4096) + `"}}`, "metadata"},
		"password too long":              {MethodSessionCreate, `{"name":"a","password":"` + strings.Repeat("x", 129) + `"}`, "password"},
		"another visibility":             {MethodSessionCreate, `{"name":"a","visibility":"secret"}`, "visibility"},
		"capacity of none":               {MethodSessionCreate, `{"name":"a","capacity":0}`, "capacity"},
		"no ticks":                       {MethodSessionCreate, `{"name":"a","tick_hz":0}`, "tick_hz"},
		"61 ticks":                       {MethodSessionCreate, `{"name":"a","tick_hz":61}`, "tick_hz"},
		"attributes too large":           {MethodSessionSetAttributes, `{"session_id":"s","attributes":{"a":"` + strings.Repeat("x", 1024) + `"}}`, "attributes"},
		"another role":                   {MethodSessionSetRole, `{"session_id":"s","user_id":"u","role":"admin"}`, "role"},
		"data missing":                   {MethodSessionSend, `{"session_id":"s","kind":"k"}`, "data"},
		"data too large":                 {MethodSessionSend, `{"session_id":"s","kind":"k","data":"` + strings.Repeat("x", 4096) + `"}`, "data"},
		"kind of no letters":             {MethodSessionSend, `{"session_id":"s","kind":"","data":1}`, "kind"},
		"a number below 0":               {MethodSessionSubscribe, `{"session_id":"s","numbers":[1,-1]}`, "numbers.1"},
		"a number of 17 bits":            {MethodSessionSubscribe, `{"session_id":"s","numbers":[65536]}`, "numbers.0"},
		"a number and a half":            {MethodSessionSubscribe, `{"session_id":"s","numbers":[1.5]}`, "numbers.0"},
		"a number as text":               {MethodSessionSubscribe, `{"session_id":"s","numbers":["1"]}`, "numbers.0"},
		"1001 numbers":                   {MethodSessionSubscribe, `{"session_id":"s","numbers":[` + strings.Repeat("1,", 1000) + `1]}`, "numbers"},
		"others 61 times a second":       {MethodSessionSubscribe, `{"session_id":"s","others_hz":61}`, "others_hz"},
		"others less than never":         {MethodSessionSubscribe, `{"session_id":"s","others_hz":-1}`, "others_hz"},
		"reason too long":                {MethodSessionClose, `{"session_id":"s","reason":"` + strings.Repeat("x", 129) + `"}`, "reason"},
	} {
		t.Run(name, func(t *testing.T) {
			err := DecodeParams(json.RawMessage(tc.params), infoOf(t, tc.method).NewParams())
			require.NotNil(t, err)
			require.Equal(t, CodeInvalidParams, err.Code)
			require.Equal(t, tc.field, err.Data.Field)
			require.Empty(t, err.Data.Reason)
			require.True(t, strings.HasPrefix(err.Message, tc.field+": "), err.Message)
		})
	}
}

func TestDecodeParamsAccepts(t *testing.T) {
	for name, tc := range map[string]struct {
		method Method
		params string
	}{
		"op_id of 64 characters":     {MethodUserBlock, `{"user_id":"b","op_id":"` + strings.Repeat("ü", 64) + `"}`},
		"limit 1":                    {MethodRelationList, `{"limit":1}`},
		"limit 200":                  {MethodRelationList, `{"limit":200}`},
		"an integer written a float": {MethodInvitationMarkSeen, `{"rev":5.0}`},
		"an exponent":                {MethodInvitationMarkSeen, `{"rev":5e2}`},
		"withdraw 500":               {MethodInvitationWithdrawMany, `{"invitation_ids":` + ids(500) + `}`},
		"withdraw none":              {MethodInvitationWithdrawMany, `{"invitation_ids":[]}`},
		"all of an age":              {MethodInvitationWithdrawMany, `{"all":true,"older_than_ms":0}`},
		"null within metadata":       {MethodSessionCreate, `{"name":"a","metadata":{"a":null}}`},
		"null as data":               {MethodSessionSend, `{"session_id":"s","kind":"k","data":null}`},
		"null deletes an attribute":  {MethodSessionSetAttributes, `{"session_id":"s","attributes":{"a":null}}`},
		"no password":                {MethodSessionCreate, `{"name":"a","password":""}`},
		"name of 80":                 {MethodSessionCreate, `{"name":"` + strings.Repeat("ü", 80) + `"}`},
		"spaces do not count":        {MethodSessionSend, `{"session_id":"s","kind":"k","data":[` + strings.Repeat(" ", 5000) + `]}`},
		"flag emoji in a message":    {MethodInvitationSend, `{"to":{"phone":"+49 (151) 234-567"},"message":"👩‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿"}`},
		"nothing to update":          {MethodSettingsUpdate, `{}`},
		"a companion":                {MethodHello, `{"client":{"name":"a","version":"1","kind":"tablet","companion":true,"states":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Nil(t, DecodeParams(json.RawMessage(tc.params), infoOf(t, tc.method).NewParams()))
		})
	}
}

func TestDecodeParamsReadsWhatWasSent(t *testing.T) {
	raw := []byte(`{"name":"R\u00fcm \ud83d\ude80 \"\\\/\b","metadata":{ "a" : [1, null] },"capacity":5,"op_id":"o"}`)
	var p SessionCreateParams
	require.Nil(t, DecodeParams(json.RawMessage(`{"name":"a"}`), &p))
	require.Nil(t, p.Capacity)
	err := DecodeParams(raw, &p)
	require.NotNil(t, err, "the name has a backspace in it")
	raw = []byte(strings.Replace(string(raw), `\b`, "", 1))
	require.Nil(t, DecodeParams(raw, &p))
	clear(raw)
	capacity := 5
	require.Equal(t, SessionCreateParams{Name: `Rüm 🚀 "\/`, Metadata: json.RawMessage(`{"a":[1,null]}`), Capacity: &capacity, Op: Op{OpID: "o"}}, p)

	var set PresenceSetParams
	require.Nil(t, DecodeParams(json.RawMessage(`{"status":"busy","note":"","note_until":"2026-01-31T10:30:00.1239+01:00"}`), &set))
	require.NotNil(t, set.Note)
	require.Equal(t, "2026-01-31T09:30:00.123Z", set.NoteUntil.Format(time.RFC3339Nano))

	var send SessionSendParams
	require.Nil(t, DecodeParams(json.RawMessage(`{"session_id":"s","kind":"k","data":1}`), &send))
	require.Nil(t, send.To, "to all")
	require.Nil(t, DecodeParams(json.RawMessage(`{"session_id":"s","kind":"k","data":1,"to":[]}`), &send))
	require.NotNil(t, send.To, "to none")
}

func TestDecodeParamsOfNothing(t *testing.T) {
	require.Nil(t, DecodeParams(nil, &Empty{}))
	require.Nil(t, DecodeParams(nil, &Page{}))
	for _, broken := range []string{``, `{`, `{}}`, `{"a"}`} {
		err := DecodeParams(json.RawMessage(broken), &Page{})
		require.NotNil(t, err)
		require.Equal(t, CodeInvalidParams, err.Code)
	}
	require.Equal(t, "params", DecodeParams(json.RawMessage(`[]`), &Page{}).Data.Field)
}

func TestMessageText(t *testing.T) {
	require.Nil(t, CheckMessage("", 300))
	require.Nil(t, CheckMessage(strings.Repeat("ü", 300), 300))
	require.NotNil(t, CheckMessage(strings.Repeat("ü", 301), 300))
	require.Nil(t, CheckMessage(strings.Repeat("ü", 301), 0))
	for _, r := range "\u0000\t\n\r\u001f\u007f\u0085\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\U000e0041" {
		err := CheckMessage("a"+string(r)+"b", 300)
		require.NotNil(t, err, "%U", r)
		require.Equal(t, "message", err.Data.Field)
		require.Equal(t, "ab", CleanName("a"+string(r)+"b"), "%U", r)
	}
	for _, s := range []string{"a\u200cb", "👩\u200d🚀", "e\u0301", "❤\ufe0f", "שלום", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "<script>"} {
		require.Nil(t, CheckMessage(s, 300), "%q", s)
		require.Equal(t, s, CleanName(s))
	}
	require.Equal(t, "Ada", CleanName(" \u202eAda\n "))
	require.Equal(t, strings.Repeat("ü", 64), CleanName(strings.Repeat("ü", 70)))
	require.Equal(t, strings.Repeat("a", 63), CleanName(strings.Repeat("a", 63)+" b"))
	require.Equal(t, "ab", CleanName("a\xffb"))
}
