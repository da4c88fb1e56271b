package client_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"foyer/client"
	"foyer/protocol"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// story runs a test over in-memory connections and a clock of its own.
func story(t *testing.T, tell func(t *testing.T, f *fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { tell(t, newFake(t)) })
}

func TestRevisionsComeOnceAndInOrderWhateverIsReplayed(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.revision(8)
		p.revision(9)
		p.drop()
		require.EqualValues(t, 8, next[*protocol.RelationChanged](t, d).Rev)
		require.EqualValues(t, 9, next[*protocol.RelationChanged](t, d).Rev)
		next[*client.Offline](t, d)

		p = f.accept()
		said := p.welcome(resumed())
		require.Equal(t, &protocol.Resume{Epoch: "e1", Rev: 9, DeviceID: "d1"}, said.Resume)
		for _, rev := range []int64{8, 9, 10, 10, 11} {
			p.revision(rev)
		}
		require.False(t, next[*client.Online](t, d).Fresh)
		require.EqualValues(t, 10, next[*protocol.RelationChanged](t, d).Rev)
		require.EqualValues(t, 11, next[*protocol.RelationChanged](t, d).Rev)
		nothing(t, d)
		require.Equal(t, protocol.Resume{Epoch: "e1", Rev: 11, DeviceID: "d1"}, d.Resume())
	})
}

func TestAGapMakesTheClientComeBackForWhatIsMissing(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.revision(9)
		next[*client.Offline](t, d)
		p = f.accept()
		require.EqualValues(t, 7, p.welcome(resumed()).Resume.Rev)
		p.revision(8)
		p.revision(9)
		next[*client.Online](t, d)
		require.EqualValues(t, 8, next[*protocol.RelationChanged](t, d).Rev)
		require.EqualValues(t, 9, next[*protocol.RelationChanged](t, d).Rev)
	})
}

func TestWhatCannotBeResumedIsToBeFetchedAgain(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.drop()
		next[*client.Offline](t, d)
		p = f.accept()
		anew := hello
		anew.Epoch, anew.Rev = "e2", 3
		p.welcome(anew)
		require.True(t, next[*client.Online](t, d).Fresh)
		p.revision(4)
		require.EqualValues(t, 4, next[*protocol.RelationChanged](t, d).Rev)
		require.Equal(t, "e2", d.Resume().Epoch)
	})
}

func TestADurableCallIsRepeatedUnderTheSameOpID(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		answered := make(chan error, 1)
		go func() {
			_, err := d.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ben"})
			answered <- err
		}()
		var first, second protocol.InvitationWithdrawParams
		p.expect(protocol.MethodInvitationWithdraw, &first)
		require.NotEmpty(t, first.OpID)
		p.drop() // carried out or not: nobody knows

		p = f.accept()
		p.welcome(resumed())
		p.answer(p.expect(protocol.MethodInvitationWithdraw, &second), protocol.RelationResult{})
		require.NoError(t, <-answered)
		require.Equal(t, first, second)
	})
}

func TestACallOfUnknownOutcomeIsRepeatedAfterTheWait(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		answered := make(chan error, 1)
		go func() {
			_, err := d.Accept(t.Context(), protocol.InvitationParams{InvitationID: "i1"})
			answered <- err
		}()
		var first, second protocol.InvitationParams
		unknown := protocol.Refuse(protocol.Unavailable).WithRetryAfter(3_000)
		unknown.Data.Unknown = true
		p.refuse(p.expect(protocol.MethodInvitationAccept, &first), unknown)
		began := time.Now()
		p.answer(p.expect(protocol.MethodInvitationAccept, &second), protocol.RelationResult{})
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Equal(t, first, second)
		require.NoError(t, <-answered)
	})
}

func TestAMessageIsNotSentTwice(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		answered := make(chan error, 1)
		go func() {
			_, err := d.SendMessage(t.Context(), protocol.SessionSendParams{SessionID: "s1", Kind: "wave", Data: []byte(`1`)})
			answered <- err
		}()
		p.next()
		p.drop()
		require.ErrorIs(t, <-answered, client.ErrInterrupted)
	})
}

func TestCallsMadeOfflineGoOutInTheirOrder(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.drop()
		next[*client.Offline](t, d)
		results := make(chan error, 3)
		for _, query := range []string{"an", "be", "ca"} {
			go func() {
				_, err := d.Search(t.Context(), protocol.PeopleSearchParams{Query: query})
				results <- err
			}()
			synctest.Wait()
		}
		p = f.accept()
		p.welcome(resumed())
		for _, query := range []string{"an", "be", "ca"} {
			var asked protocol.PeopleSearchParams
			p.answer(p.expect(protocol.MethodPeopleSearch, &asked), protocol.PeopleResult{})
			require.Equal(t, query, asked.Query)
			require.NoError(t, <-results)
		}
	})
}

func TestARefusalIsTheProtocolsError(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		go func() { p.refuse(p.next(), protocol.Refuse(protocol.InvitationNotPending)) }()
		_, err := d.Accept(t.Context(), protocol.InvitationParams{InvitationID: "i1"})
		var refusal *protocol.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, protocol.InvitationNotPending, refusal.Reason())
	})
}

func TestACallEndsWithItsContextOrTheTimeout(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(func(o *client.Options) { o.CallTimeout = 4 * time.Second })
		go func() { p.next(); p.next() }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := d.Settings(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		_, err = d.Settings(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestTheSessionIsJoinedAgainBeforeItsRostersCount(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		password := "swordfish"
		wait := p.serve(protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}, Number: 2, Version: 5})
		_, err := d.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: "s1", Password: &password})
		require.NoError(t, err)
		wait()
		p.drop()
		next[*client.Offline](t, d)

		p = f.accept()
		p.welcome(resumed())
		var again protocol.SessionJoinParams
		r := p.expect(protocol.MethodSessionJoin, &again)
		require.Equal(t, protocol.SessionJoinParams{SessionID: "s1", Password: &password}, again)
		p.answer(r, protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}, Number: 2, Version: 9})
		p.notify(protocol.NotifySessionRoster, protocol.SessionRoster{SessionID: "s1", Version: 10})
		next[*client.Online](t, d)
		require.EqualValues(t, 9, next[*protocol.SessionJoinResult](t, d).Version)
		require.EqualValues(t, 10, next[*protocol.SessionRoster](t, d).Version)

		p.drop()
		next[*client.Offline](t, d)
		p = f.accept()
		p.welcome(resumed())
		next[*client.Online](t, d)
		began := time.Now()
		p.refuse(p.next(), protocol.Refuse(protocol.Unavailable).WithRetryAfter(3_000))
		r = p.expect(protocol.MethodSessionJoin, &again)
		require.Equal(t, 3*time.Second, time.Since(began), "too much to do is no reason to give up")
		p.answer(r, protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}, Number: 2, Version: 12})
		require.EqualValues(t, 12, next[*protocol.SessionJoinResult](t, d).Version)

		p.drop()
		next[*client.Offline](t, d)
		p = f.accept()
		p.welcome(resumed())
		p.refuse(p.next(), protocol.Refuse(protocol.SessionFull))
		next[*client.Online](t, d)
		require.Equal(t, "s1", next[*client.RejoinRefused](t, d).SessionID)
	})
}

func TestWhoseStatesAreWantedIsSaidAgainAfterJoiningAgain(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		wait := p.serve(protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}})
		_, err := d.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: "s1"})
		require.NoError(t, err)
		wait()
		two := 2
		wanted := protocol.SessionSubscribeParams{SessionID: "s1", Numbers: []uint16{4, 7}, OthersHz: &two}
		wait = p.serve(protocol.Empty{})
		require.NoError(t, d.Subscribe(t.Context(), wanted))
		wait()
		p.drop()
		next[*client.Offline](t, d)

		p = f.accept()
		p.welcome(resumed())
		p.answer(p.expect(protocol.MethodSessionJoin, &protocol.SessionJoinParams{}), protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}})
		var again protocol.SessionSubscribeParams
		p.answer(p.expect(protocol.MethodSessionSubscribe, &again), protocol.Empty{})
		require.Equal(t, wanted, again)
	})
}

func TestAnEndedSessionIsNotJoinedAgain(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		wait := p.serve(protocol.SessionJoinResult{Session: protocol.Session{ID: "s1"}})
		_, err := d.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: "s1"})
		require.NoError(t, err)
		wait()
		p.notify(protocol.NotifySessionEnded, protocol.SessionEnded{SessionID: "s1", Reason: protocol.EndedKicked})
		next[*protocol.SessionEnded](t, d)
		p.drop()
		next[*client.Offline](t, d)
		p = f.accept()
		p.welcome(resumed())
		next[*client.Online](t, d)
		nothing(t, d)
	})
}

func TestStates(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		frames := make(chan []byte, 1)
		d, p := f.dialed(func(o *client.Options) {
			o.OnStates = func(frame []byte) { frames <- append([]byte(nil), frame...) }
		})
		require.NoError(t, p.WriteMessage(websocket.BinaryMessage, []byte{3, 0, 0, 0, 0, 0, 0}))
		require.Equal(t, []byte{3, 0, 0, 0, 0, 0, 0}, <-frames)
		go func() { d.WriteState([]byte("pose")) }()
		kind, frame, err := p.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, websocket.BinaryMessage, kind)
		require.Equal(t, []byte("\x01pose"), frame)
		p.drop()
		next[*client.Offline](t, d)
		require.False(t, d.WriteState([]byte("pose")), "a state is not kept for later")
	})
}

func TestCloseSaysGoodbyeAndEndsCalls(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		answered := make(chan error, 1)
		go func() {
			_, err := d.Settings(t.Context())
			answered <- err
		}()
		p.next()
		go d.Close()
		_, _, err := p.ReadMessage()
		require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
		_ = p.Conn.Close()
		require.ErrorIs(t, <-answered, client.ErrClosed)
		<-d.Done()
		require.ErrorIs(t, d.Err(), client.ErrClosed)
		_, err = d.Settings(t.Context())
		require.ErrorIs(t, err, client.ErrClosed)
	})
}

func TestAHandlerMayMakeCallsAndClose(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		called := make(chan error, 1)
		d, p := f.dialed(func(o *client.Options) {
			keep := o.OnEvent
			o.OnEvent = func(c *client.Client, e client.Event) {
				keep(c, e)
				if _, ok := e.(*protocol.RelationChanged); ok {
					_, err := c.Settings(t.Context())
					called <- err
					c.Close()
				}
			}
		})
		p.revision(8)
		p.answer(p.next(), protocol.SettingsResult{})
		require.NoError(t, <-called)
		_, _, err := p.ReadMessage()
		require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
		<-d.Done()
	})
}

func TestDialReturnsTheRefusalOfHello(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		go func() {
			p := f.accept()
			p.refuse(p.next(), protocol.Refuse(protocol.TokenInvalid))
			p.end(protocol.CloseToken)
		}()
		_, err := client.Dial(t.Context(), client.Options{
			URL: "http://foyer.test", Token: client.StaticToken("bad"), NetDial: f.dial,
		})
		var refusal *protocol.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, protocol.TokenInvalid, refusal.Reason())
	})
}

func TestDialWantsASensibleAddressAndAToken(t *testing.T) {
	for _, o := range []client.Options{
		{URL: "ftp://foyer.test", Token: client.StaticToken("t")},
		{URL: "://", Token: client.StaticToken("t")},
		{URL: "ws://foyer.test"},
	} {
		_, err := client.Dial(t.Context(), o)
		require.Error(t, err)
	}
	broken := errors.New("no token today")
	_, err := client.Dial(t.Context(), client.Options{
		URL: "ws://foyer.test", Token: func(context.Context) (string, error) { return "", broken },
	})
	require.ErrorIs(t, err, broken)
}
