var we=globalThis,Ae=we.ShadowRoot&&(we.ShadyCSS===void 0||we.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Rt=Symbol(),Mt=new WeakMap,_e=class{constructor(e,s,n){if(this._$cssResult$=!0,n!==Rt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=s}get styleSheet(){let e=this.o,s=this.t;if(Ae&&e===void 0){let n=s!==void 0&&s.length===1;n&&(e=Mt.get(s)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&Mt.set(s,e))}return e}toString(){return this.cssText}},Ct=t=>new _e(typeof t=="string"?t:t+"",void 0,Rt);var Pt=(t,e)=>{if(Ae)t.adoptedStyleSheets=e.map(s=>s instanceof CSSStyleSheet?s:s.styleSheet);else for(let s of e){let n=document.createElement("style"),i=we.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=s.cssText,t.appendChild(n)}},Ge=Ae?t=>t:t=>t instanceof CSSStyleSheet?(e=>{let s="";for(let n of e.cssRules)s+=n.cssText;return Ct(s)})(t):t;var{is:vn,defineProperty:gn,getOwnPropertyDescriptor:bn,getOwnPropertyNames:$n,getOwnPropertySymbols:wn,getPrototypeOf:_n}=Object,ke=globalThis,Ut=ke.trustedTypes,An=Ut?Ut.emptyScript:"",kn=ke.reactiveElementPolyfillSupport,le=(t,e)=>t,Qe={toAttribute(t,e){switch(e){case Boolean:t=t?An:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,e){let s=t;switch(e){case Boolean:s=t!==null;break;case Number:s=t===null?null:Number(t);break;case Object:case Array:try{s=JSON.parse(t)}catch{s=null}}return s}},It=(t,e)=>!vn(t,e),Vt={attribute:!0,type:String,converter:Qe,reflect:!1,useDefault:!1,hasChanged:It};Symbol.metadata??=Symbol("metadata"),ke.litPropertyMetadata??=new WeakMap;var R=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,s=Vt){if(s.state&&(s.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((s=Object.create(s)).wrapped=!0),this.elementProperties.set(e,s),!s.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(e,n,s);i!==void 0&&gn(this.prototype,e,i)}}static getPropertyDescriptor(e,s,n){let{get:i,set:o}=bn(this.prototype,e)??{get(){return this[s]},set(r){this[s]=r}};return{get:i,set(r){let l=i?.call(this);o?.call(this,r),this.requestUpdate(e,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??Vt}static _$Ei(){if(this.hasOwnProperty(le("elementProperties")))return;let e=_n(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(le("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(le("properties"))){let s=this.properties,n=[...$n(s),...wn(s)];for(let i of n)this.createProperty(i,s[i])}let e=this[Symbol.metadata];if(e!==null){let s=litPropertyMetadata.get(e);if(s!==void 0)for(let[n,i]of s)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[s,n]of this.elementProperties){let i=this._$Eu(s,n);i!==void 0&&this._$Eh.set(i,s)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let s=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let i of n)s.unshift(Ge(i))}else e!==void 0&&s.push(Ge(e));return s}static _$Eu(e,s){let n=s.attribute;return n===!1?void 0:typeof n=="string"?n:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,s=this.constructor.elementProperties;for(let n of s.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Pt(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,s,n){this._$AK(e,n)}_$ET(e,s){let n=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,n);if(i!==void 0&&n.reflect===!0){let o=(n.converter?.toAttribute!==void 0?n.converter:Qe).toAttribute(s,n.type);this._$Em=e,o==null?this.removeAttribute(i):this.setAttribute(i,o),this._$Em=null}}_$AK(e,s){let n=this.constructor,i=n._$Eh.get(e);if(i!==void 0&&this._$Em!==i){let o=n.getPropertyOptions(i),r=typeof o.converter=="function"?{fromAttribute:o.converter}:o.converter?.fromAttribute!==void 0?o.converter:Qe;this._$Em=i;let l=r.fromAttribute(s,o.type);this[i]=l??this._$Ej?.get(i)??l,this._$Em=null}}requestUpdate(e,s,n,i=!1,o){if(e!==void 0){let r=this.constructor;if(i===!1&&(o=this[e]),n??=r.getPropertyOptions(e),!((n.hasChanged??It)(o,s)||n.useDefault&&n.reflect&&o===this._$Ej?.get(e)&&!this.hasAttribute(r._$Eu(e,n))))return;this.C(e,s,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,s,{useDefault:n,reflect:i,wrapped:o},r){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,r??s??this[e]),o!==!0||r!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(s=void 0),this._$AL.set(e,s)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(s){Promise.reject(s)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,o]of this._$Ep)this[i]=o;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,o]of n){let{wrapped:r}=o,l=this[i];r!==!0||this._$AL.has(i)||l===void 0||this.C(i,void 0,o,l)}}let e=!1,s=this._$AL;try{e=this.shouldUpdate(s),e?(this.willUpdate(s),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(s)):this._$EM()}catch(n){throw e=!1,this._$EM(),n}e&&this._$AE(s)}willUpdate(e){}_$AE(e){this._$EO?.forEach(s=>s.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(s=>this._$ET(s,this[s])),this._$EM()}updated(e){}firstUpdated(e){}};R.elementStyles=[],R.shadowRootOptions={mode:"open"},R[le("elementProperties")]=new Map,R[le("finalized")]=new Map,kn?.({ReactiveElement:R}),(ke.reactiveElementVersions??=[]).push("2.1.2");var Xe=globalThis,Ot=t=>t,xe=Xe.trustedTypes,Nt=xe?xe.createPolicy("lit-html",{createHTML:t=>t}):void 0,et="$lit$",C=`lit$${Math.random().toFixed(9).slice(2)}$`,tt="?"+C,xn=`<${tt}>`,F=document,ue=()=>F.createComment(""),he=t=>t===null||typeof t!="object"&&typeof t!="function",st=Array.isArray,Ht=t=>st(t)||typeof t?.[Symbol.iterator]=="function",Ze=`[ 	
\f\r]`,de=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Lt=/-->/g,Dt=/>/g,B=RegExp(`>|${Ze}(?:([^\\s"'>=/]+)(${Ze}*=${Ze}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),qt=/'/g,jt=/"/g,Ft=/^(?:script|style|textarea|title)$/i,nt=t=>(e,...s)=>({_$litType$:t,strings:e,values:s}),a=nt(1),p=nt(2),co=nt(3),P=Symbol.for("lit-noChange"),c=Symbol.for("lit-nothing"),Bt=new WeakMap,H=F.createTreeWalker(F,129);function Wt(t,e){if(!st(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return Nt!==void 0?Nt.createHTML(e):e}var Yt=(t,e)=>{let s=t.length-1,n=[],i,o=e===2?"<svg>":e===3?"<math>":"",r=de;for(let l=0;l<s;l++){let d=t[l],m,f,h=-1,v=0;for(;v<d.length&&(r.lastIndex=v,f=r.exec(d),f!==null);)v=r.lastIndex,r===de?f[1]==="!--"?r=Lt:f[1]!==void 0?r=Dt:f[2]!==void 0?(Ft.test(f[2])&&(i=RegExp("</"+f[2],"g")),r=B):f[3]!==void 0&&(r=B):r===B?f[0]===">"?(r=i??de,h=-1):f[1]===void 0?h=-2:(h=r.lastIndex-f[2].length,m=f[1],r=f[3]===void 0?B:f[3]==='"'?jt:qt):r===jt||r===qt?r=B:r===Lt||r===Dt?r=de:(r=B,i=void 0);let y=r===B&&t[l+1].startsWith("/>")?" ":"";o+=r===de?d+xn:h>=0?(n.push(m),d.slice(0,h)+et+d.slice(h)+C+y):d+C+(h===-2?l:y)}return[Wt(t,o+(t[s]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),n]},me=class t{constructor({strings:e,_$litType$:s},n){let i;this.parts=[];let o=0,r=0,l=e.length-1,d=this.parts,[m,f]=Yt(e,s);if(this.el=t.createElement(m,n),H.currentNode=this.el.content,s===2||s===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(i=H.nextNode())!==null&&d.length<l;){if(i.nodeType===1){if(i.hasAttributes())for(let h of i.getAttributeNames())if(h.endsWith(et)){let v=f[r++],y=i.getAttribute(h).split(C),$=/([.?@])?(.*)/.exec(v);d.push({type:1,index:o,name:$[2],strings:y,ctor:$[1]==="."?Te:$[1]==="?"?Ee:$[1]==="@"?Me:Y}),i.removeAttribute(h)}else h.startsWith(C)&&(d.push({type:6,index:o}),i.removeAttribute(h));if(Ft.test(i.tagName)){let h=i.textContent.split(C),v=h.length-1;if(v>0){i.textContent=xe?xe.emptyScript:"";for(let y=0;y<v;y++)i.append(h[y],ue()),H.nextNode(),d.push({type:2,index:++o});i.append(h[v],ue())}}}else if(i.nodeType===8)if(i.data===tt)d.push({type:2,index:o});else{let h=-1;for(;(h=i.data.indexOf(C,h+1))!==-1;)d.push({type:7,index:o}),h+=C.length-1}o++}}static createElement(e,s){let n=F.createElement("template");return n.innerHTML=e,n}};function W(t,e,s=t,n){if(e===P)return e;let i=n!==void 0?s._$Co?.[n]:s._$Cl,o=he(e)?void 0:e._$litDirective$;return i?.constructor!==o&&(i?._$AO?.(!1),o===void 0?i=void 0:(i=new o(t),i._$AT(t,s,n)),n!==void 0?(s._$Co??=[])[n]=i:s._$Cl=i),i!==void 0&&(e=W(t,i._$AS(t,e.values),i,n)),e}var Se=class{constructor(e,s){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:s},parts:n}=this._$AD,i=(e?.creationScope??F).importNode(s,!0);H.currentNode=i;let o=H.nextNode(),r=0,l=0,d=n[0];for(;d!==void 0;){if(r===d.index){let m;d.type===2?m=new Z(o,o.nextSibling,this,e):d.type===1?m=new d.ctor(o,d.name,d.strings,this,e):d.type===6&&(m=new Re(o,this,e)),this._$AV.push(m),d=n[++l]}r!==d?.index&&(o=H.nextNode(),r++)}return H.currentNode=F,i}p(e){let s=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(e,n,s),s+=n.strings.length-2):n._$AI(e[s])),s++}},Z=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,s,n,i){this.type=2,this._$AH=c,this._$AN=void 0,this._$AA=e,this._$AB=s,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,s=this._$AM;return s!==void 0&&e?.nodeType===11&&(e=s.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,s=this){e=W(this,e,s),he(e)?e===c||e==null||e===""?(this._$AH!==c&&this._$AR(),this._$AH=c):e!==this._$AH&&e!==P&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Ht(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==c&&he(this._$AH)?this._$AA.nextSibling.data=e:this.T(F.createTextNode(e)),this._$AH=e}$(e){let{values:s,_$litType$:n}=e,i=typeof n=="number"?this._$AC(e):(n.el===void 0&&(n.el=me.createElement(Wt(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(s);else{let o=new Se(i,this),r=o.u(this.options);o.p(s),this.T(r),this._$AH=o}}_$AC(e){let s=Bt.get(e.strings);return s===void 0&&Bt.set(e.strings,s=new me(e)),s}k(e){st(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,n,i=0;for(let o of e)i===s.length?s.push(n=new t(this.O(ue()),this.O(ue()),this,this.options)):n=s[i],n._$AI(o),i++;i<s.length&&(this._$AR(n&&n._$AB.nextSibling,i),s.length=i)}_$AR(e=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);e!==this._$AB;){let n=Ot(e).nextSibling;Ot(e).remove(),e=n}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},Y=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,s,n,i,o){this.type=1,this._$AH=c,this._$AN=void 0,this.element=e,this.name=s,this._$AM=i,this.options=o,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=c}_$AI(e,s=this,n,i){let o=this.strings,r=!1;if(o===void 0)e=W(this,e,s,0),r=!he(e)||e!==this._$AH&&e!==P,r&&(this._$AH=e);else{let l=e,d,m;for(e=o[0],d=0;d<o.length-1;d++)m=W(this,l[n+d],s,d),m===P&&(m=this._$AH[d]),r||=!he(m)||m!==this._$AH[d],m===c?e=c:e!==c&&(e+=(m??"")+o[d+1]),this._$AH[d]=m}r&&!i&&this.j(e)}j(e){e===c?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},Te=class extends Y{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===c?void 0:e}},Ee=class extends Y{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==c)}},Me=class extends Y{constructor(e,s,n,i,o){super(e,s,n,i,o),this.type=5}_$AI(e,s=this){if((e=W(this,e,s,0)??c)===P)return;let n=this._$AH,i=e===c&&n!==c||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,o=e!==c&&(n===c||i);i&&this.element.removeEventListener(this.name,this,n),o&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Re=class{constructor(e,s,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=s,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){W(this,e)}},Kt={M:et,P:C,A:tt,C:1,L:Yt,R:Se,D:Ht,V:W,I:Z,H:Y,N:Ee,U:Me,B:Te,F:Re},Sn=Xe.litHtmlPolyfillSupport;Sn?.(me,Z),(Xe.litHtmlVersions??=[]).push("3.3.3");var zt=(t,e,s)=>{let n=s?.renderBefore??e,i=n._$litPart$;if(i===void 0){let o=s?.renderBefore??null;n._$litPart$=i=new Z(e.insertBefore(ue(),o),o,void 0,s??{})}return i._$AI(t),i};var it=globalThis,I=class extends R{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let s=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=zt(s,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return P}};I._$litElement$=!0,I.finalized=!0,it.litElementHydrateSupport?.({LitElement:I});var Tn=it.litElementPolyfillSupport;Tn?.({LitElement:I});(it.litElementVersions??=[]).push("4.2.2");var Ce=class{#e=new Map;on(e,s){let n=this.#e.get(e)??new Set;return this.#e.set(e,n),n.add(s),()=>n.delete(s)}has(e){return(this.#e.get(e)?.size??0)>0}emit(e,s){for(let n of[...this.#e.get(e)??[]])try{n(s)}catch(i){queueMicrotask(()=>{throw i})}}};var g=class extends Error{constructor(e,s,n={}){super(s),this.name="FoyerError",this.code=e,this.data=n??{},this.reason=this.data.reason??En[e]??"error"}get relation(){return this.data.relation}},En={[-32700]:"parse_error",[-32600]:"invalid_request",[-32601]:"method_not_found",[-32602]:"invalid_params",[-32603]:"internal_error"};function fe(t,e){return new g(0,e,{reason:t})}var Mn=new Set(["invitation.send","invitation.withdraw","invitation.withdraw_many","invitation.accept","invitation.decline","invitation.undo_decline","connection.remove","user.block","user.unblock","settings.update","session.create"]),Rn=new Set(["invitation.list","connection.list","relation.list","settings.get","people.search","people.in_session","people.recent","people.focus","people.unfocus","session.list","session.bans"]),Jt=t=>Mn.has(t),Gt=(t,e)=>Rn.has(t)||e.op_id!==void 0;function Qt(){let t=Array.from({length:16},()=>Math.floor(Math.random()*256));return globalThis.crypto?.getRandomValues(Uint8Array.from(t)).forEach((e,s)=>t[s]=e),t.map(e=>e.toString(16).padStart(2,"0")).join("")}var Cn={1001:"drain",1012:"drain",1013:"overload",4e3:"too_slow",4001:"no_pong"},Zt={1e3:"closed",1007:"bad_text",1009:"too_large",4400:"protocol",4401:"token",4403:"suspended",4408:"no_hello",4409:"too_many_devices",4410:"replaced",4429:"flooding"};function Xt(t){return t in Zt?{comeBack:!1,reason:Zt[t]}:{comeBack:!0,reason:Cn[t]??"network"}}var Pn=250,Un=15e3;function es(t,e){let s=Math.min(Un,Pn*2**t);return Math.round(s/2+s/2*e)}var Pe=class{constructor(e=0){this.rev=e}reset(e){this.rev=e}take(e){if(e<=this.rev)return"drop";let s=e===this.rev+1;return this.rev=e,s?"apply":"gap"}};function ts(t){let e=new Uint8Array(t.length+1);return e[0]=1,e.set(t,1),e}function ss(t){let e=t instanceof Uint8Array?t:new Uint8Array(t),s=new DataView(e.buffer,e.byteOffset,e.byteLength),n=s.getUint8(0);if(n!==2&&n!==3)throw new RangeError(`unknown frame type ${n}`);let i=s.getUint32(1,!0),o=s.getUint16(5,!0),r=new Map,l=7;for(let d=0;d<o;d++){let m=s.getUint16(l,!0),f=s.getUint16(l+2,!0);if(l+=4,l+f>e.length)throw new RangeError("state frame is cut short");r.set(m,e.subarray(l,l+f)),l+=f}if(l!==e.length)throw new RangeError("state frame has bytes left over");return{key:n===3,tick:i,states:r}}var Vn="foyer.v1",In={name:"foyer-client",version:"0.1.0",kind:"web"},On=15e3,Nn=4,Ln=2e3,pe=class{status="idle";hello=void 0;#e;#t=new Ce;#s;#o;#r;#i;#n=new Map;#l=1;#c=0;#a;#f;#h=!1;#v=0;#m=0;#d;#u;constructor(e){this.#e=e,this.#r=e.resume?.epoch,this.#i=e.resume?.device_id,this.#o=new Pe(e.resume?.rev??0)}get rev(){return this.#o.rev}get resume(){if(this.#r!==void 0)return{epoch:this.#r,rev:this.rev,device_id:this.#i}}on(e,s){return this.#t.on(e,s)}connect(){return this.#d||(this.#d=Dn(),this.#p()),this.#d.promise}close(){this.#y({status:"closed",code:1e3,reason:"closed"}),this.#s?.close(1e3)}retryNow(){this.status!=="offline"||!this.#a||(clearTimeout(this.#a),this.#a=void 0,this.#p())}async refreshToken(){let e=await this.#e.token({rejected:!1});await this.call("token.refresh",{token:e}),this.#f=e}async call(e,s={},n={}){Jt(e)&&(s={...s,op_id:n.opId??Qt()});for(let i=0;;i++)try{return await this.#C(e,s,n.timeoutMs)}catch(o){if(!(o.data?.unknown===!0&&s.op_id!==void 0&&i<Nn))throw o;await new Promise(l=>setTimeout(l,o.data.retry_after_ms??500))}}sendState(e){return this.status!=="online"?!1:(this.#s.send(ts(e)),!0)}async#p(){this.#a=void 0,this.#g({status:"connecting"});let e;try{e=await this.#e.token({rejected:this.#h})}catch(i){this.#b(i);return}if(this.status==="closed")return;if(this.#h&&e===this.#f){this.#y({status:"closed",code:4401,reason:"token"});return}this.#f=e;let s=this.#e.WebSocket??globalThis.WebSocket,n=new s(this.#e.url,[Vn]);n.binaryType="arraybuffer",n.onopen=()=>this.#$(n),n.onmessage=i=>this.#E(n,i.data),n.onclose=i=>this.#A(n,i.code),n.onerror=()=>{},this.#s=n}#b(e){if(e instanceof g&&e.reason!=="unavailable"){this.#y({status:"closed",reason:"token",error:this.#u??e});return}this.#w(0,"network")}#$(e){let s={token:this.#f};this.#e.client&&(s.client={...In,...this.#e.client}),this.resume&&(s.resume=this.resume);let n={resolve:i=>this.#S(i),reject:i=>this.#T(e,i)};this.#_(this.#x(n,this.#e.timeoutMs),"hello",s)}#S(e){let s=this.resume;this.hello=e,this.#r=e.epoch,this.#i=e.device_id,this.#c=0,this.#m=0,this.#h=!1,this.#u=void 0,e.resumed||this.#o.reset(e.rev),this.#g({status:"online"}),this.#t.emit("hello",e),e.resumed||this.#t.emit("sync",{cause:s?"not_resumed":"start"}),this.#d.resolve(e);for(let[n,i]of this.#n)this.#_(n,i.method,i.params)}#T(e,s){if(s.code===-32001){this.#u=s;return}if(s.reason!=="rate_limited"){if(s.reason==="unavailable"||s.code===0){this.#m=s.data.retry_after_ms??0,this.#k(e,1006);return}this.#y({status:"closed",reason:s.reason,error:s}),e.close(1e3)}}#E(e,s){if(e!==this.#s)return;if(typeof s!="string"){this.#t.has("states")&&this.#t.emit("states",ss(s));return}let n=JSON.parse(s);for(let i of Array.isArray(n)?n:[n])i.method===void 0?this.#M(i):this.#R(i.method,i.params??{})}#M({id:e,result:s,error:n}){let i=this.#n.get(e);i&&(this.#n.delete(e),clearTimeout(i.timer),n?i.reject(new g(n.code,n.message,n.data)):i.resolve(s))}#R(e,s){if(typeof s.rev=="number"){let n=this.#o.take(s.rev);if(n==="drop")return;n==="gap"&&this.#t.emit("sync",{cause:"gap"})}e==="server.draining"&&(this.#v=Date.now()+(s.reconnect_after_ms??0)),e==="token.expiring"&&this.refreshToken().catch(()=>{}),this.#t.emit(e,s),this.#t.emit("notification",{method:e,params:s})}#A(e,s){if(e!==this.#s||this.status==="closed")return;this.#s=void 0,this.#P();let{comeBack:n,reason:i}=Xt(s);if(s===4401&&!this.#h){this.#h=!0,this.#w(s,i);return}if(!n){this.#y({status:"closed",code:s,reason:i,error:this.#u});return}s===1013&&(this.#m=Math.max(this.#m,Ln)),this.#w(s,i)}#w(e,s){let n=(this.#e.random??Math.random)(),i=Math.max(0,this.#v-Date.now()),o=Math.max(es(this.#c++,n),i,this.#m);this.#a=setTimeout(()=>this.#p(),o),this.#g({status:"offline",code:e,reason:s,retryInMs:o})}#k(e,s){e===this.#s&&(e.close(4e3),this.#A(e,s))}#y(e){clearTimeout(this.#a),this.#a=void 0,this.#g(e);let s=e.error??fe("closed","This device is closed.");for(let n of this.#n.values())clearTimeout(n.timer),n.reject(s);this.#n.clear(),this.#d?.promise.catch(()=>{}),this.#d?.reject(s)}#g(e){this.status=e.status,this.#t.emit("status",e)}#C(e,s,n){return this.status!=="online"?Promise.reject(fe("offline","There is no connection to the server right now.")):new Promise((i,o)=>{let r=this.#x({method:e,params:s,resolve:i,reject:o},n);this.#_(r,e,s)})}#x(e,s=this.#e.timeoutMs??On){let n=this.#l++;return this.#n.set(n,e),e.timer=setTimeout(()=>{this.#n.delete(n),e.reject(fe("timeout","The server did not answer in time.")),this.#s&&this.#k(this.#s,4001)},s),n}#_(e,s,n){this.#s.send(JSON.stringify({jsonrpc:"2.0",id:e,method:s,params:n}))}#P(){for(let[e,s]of this.#n)s.method&&Gt(s.method,s.params)||(this.#n.delete(e),clearTimeout(s.timer),s.method&&s.reject(fe("disconnected","The connection broke before the answer came.")))}};function Dn(){let t,e;return{promise:new Promise((n,i)=>{t=n,e=i}),resolve:t,reject:e}}var qn={offline:"You\u2019re offline, so nothing was changed. Try again once you\u2019re back.",disconnected:"The connection broke before the answer came. Check below and try again.",timeout:"The server took too long to answer. Check below and try again.",unavailable:"Foyer can\u2019t reach its database right now. Nothing was changed \u2014 try again in a moment.",rate_limited:"That was a lot at once. Wait a moment, then try again.",invitation_not_pending:"This request is no longer open.",invitation_accepted:"They accepted before you cancelled, so you\u2019re connected now.",stale_invitation:"That was an older request. There\u2019s a newer one open.",already_connected:"You\u2019re already connected.",cannot_invite_self:"That\u2019s you \u2014 you can\u2019t send yourself a request.",not_accepting_invitations:"They aren\u2019t taking requests at the moment.",shared_session_required:"They only take requests from people they\u2019ve shared a session with.",email_required:"They only take requests from people who know their e-mail address. Search for it to send one.",unblock_first:"You\u2019ve blocked this person. Unblock them first.",reinvite_cooldown:"You\u2019ve asked this person recently.",invitation_limit:"You\u2019ve sent many requests lately.",too_many_outstanding:"Too many of your requests are still open. Cancel some to send more.",connection_limit:"You\u2019ve reached your limit of connections. Remove one to add another.",feature_unavailable:"This isn\u2019t available for your account.",token_invalid:"This token isn\u2019t valid here. Get a new one and try again.",token_expired:"Your sign-in has ended. Sign in again to go on.",forbidden:"You\u2019re not allowed to do that.",not_in_session:"You\u2019re not in that session any more.",banned:"You\u2019ve been banned from this session.",wrong_password:"That password isn\u2019t right. Check it and try again.",session_full:"This session is full. Try again when someone has left.",session_locked:"This session is locked. Ask someone inside to unlock it.",session_not_found:"That session has ended, or you can\u2019t see it.",session_limit:"You\u2019re hosting as many sessions as you can. Close one first.",user_not_found:"This person can\u2019t be found any more.",invitation_not_found:"This request can\u2019t be found any more."},jn=new Set(["offline","invitation_not_pending","invitation_accepted","stale_invitation","already_connected","reinvite_cooldown","email_required","shared_session_required","not_accepting_invitations"]);function A(t){return t instanceof g?{text:ye(t.reason,t.data.retry_at)??t.message,tone:jn.has(t.reason)?"info":"error"}:{text:"Something went wrong. Reload the page.",tone:"error"}}function ye(t,e){let s=qn[t??""];if(s)return e?`${s} You can try again ${ve(e)}.`:s}var rt=6e4,ot=60*rt,ns=24*ot,is=0,X=()=>Date.now()+is;function os(t){is=Date.parse(t)-Date.now()||0}function ve(t,e=X()){let s=Date.parse(t)-e;return s<=0?"now":`in ${rs(s)}`}function O(t,e=X()){let s=e-Date.parse(t);return s<rt?"just now":`${rs(s)} ago`}function rs(t){return t<9e4?x(Math.max(1,Math.ceil(t/1e3)),"second"):t<ot?x(Math.round(t/rt),"minute"):t<2*ns?x(Math.round(t/ot),"hour"):x(Math.round(t/ns),"day")}function x(t,e,s=`${e}s`){return`${t} ${t===1?e:s}`}var ee={online:"Online",away:"Away",busy:"Busy",offline:"Offline"},te={host:"Host",cohost:"Co-host",member:"Member"},Ue={headset:"Headset",tablet:"Tablet",desktop:"Desktop",mobile:"Phone",web:"Browser",bot:"Bot"},at={closed:"The host closed this session.",kicked:"You were removed from the session. You can join again.",banned:"You were banned from the session.",moved:"You\u2019re in another session now."},ct={replaced:"This device was taken over by another tab or window.",suspended:"Your account is suspended. Ask whoever runs this service.",too_many_devices:"You\u2019re signed in on too many devices. Close one of them, then try again.",rate_limited:"You\u2019re signed in on too many devices. Close one of them, then try again.",flooding:"This tablet sent too much at once and was disconnected.",token:"Your sign-in has ended. Sign in again to go on."};function Ve(t){let e=t.trim();if(/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(e))return{email:e};let s=e.replace(/[\s().-]/g,"");if(/^\+\d{7,15}$/.test(s))return{phone:s}}function E(t,e){t.route=e,t.notice=void 0,e==="add"&&Yn(t),e==="sessions"&&z(t),Ie(t),t.changed()}var lt=!1;async function Ie(t){let e=t.route==="invitations"&&document.visibilityState==="visible";if(!(lt||!e||!t.relations.unseen||t.status!=="online")){lt=!0;try{let{unseen:s}=await t.client.call("invitation.mark_seen",{rev:t.client.rev});t.relations.unseen=s,t.changed()}catch{}finally{lt=!1}}}var Bn=5e3;async function dt(t){if(!(t.status!=="online"||document.visibilityState!=="visible"))try{let{settings:e,rev:s}=await t.client.call("settings.get",{},{timeoutMs:Bn});t.learnSettings(e,s)}catch{}}async function N(t,e){e.id!==t.focusUser?.id&&(t.focus=void 0),t.focusUser=e,t.notice=void 0,t.changed(),await ut(t)}async function ut(t){let e=t.focusUser;if(e){try{let s=await t.client.call("people.focus",{user_id:e.id});t.focusUser?.id===e.id&&t.learnFocus(s)}catch(s){t.tell(A(s))}t.changed()}}function se(t){t.focusUser=void 0,t.focus=void 0,t.client.call("people.unfocus",{}).catch(()=>{}),t.changed()}async function L(t,e,s,n,i){let o=t.relations.mark(),r=d=>{d&&t.relations.learn(n.userId,d,o,n.invitationId)},l=n.userId??n.invitationId??e;await t.run(l,async()=>{try{r((await t.client.call(e,s)).relation)}catch(d){throw d instanceof g&&r(d.relation),d}},i)}var Oe=(t,e)=>L(t,"invitation.withdraw",{user_id:e.id},{userId:e.id},`Request to ${e.name} cancelled.`),Ne=(t,{id:e,user:s,address:n})=>L(t,"invitation.withdraw",{invitation_id:e},{userId:s?.id,invitationId:e},`Request to ${s?.name??n} cancelled.`),D=(t,e,s)=>L(t,"invitation.accept",{invitation_id:e},{userId:s?.id,invitationId:e},`You and ${s?.name} are connected.`),ne=(t,e,s)=>L(t,"invitation.decline",{invitation_id:e},{userId:s?.id,invitationId:e},`Request from ${s?.name} declined.`),ht=(t,e,s)=>L(t,"invitation.undo_decline",{invitation_id:e},{userId:s?.id,invitationId:e},`The request from ${s?.name} is open again.`);async function ds(t,e){let s=i=>i.find(o=>o.user?.id===e.id)?.id,n=s(t.relations.declined.items)??await t.run("declined",async()=>{let i={box:"received",state:"declined",query:e.name,limit:200};return s((await t.client.call("invitation.list",i)).invitations)});n&&await ht(t,n,e)}var us=(t,e)=>L(t,"user.unblock",{user_id:e.id},{userId:e.id},`${e.name} is unblocked.`);function hs(t,e){K(t,{title:`Remove ${e.name}?`,text:"You\u2019ll no longer see each other\u2019s presence. They aren\u2019t told.",yes:"Remove connection",run:()=>L(t,"connection.remove",{user_id:e.id},{userId:e.id},`${e.name} removed.`)})}function ms(t,e){K(t,{title:`Block ${e.name}?`,text:"Any connection or request between you ends, and they can\u2019t reach you. They aren\u2019t told.",yes:"Block",run:()=>L(t,"user.block",{user_id:e.id},{userId:e.id},`${e.name} is blocked.`)})}async function ge(t,e,s,n,i=""){let o=t.relations.mark();await t.run(n?.id??s,async()=>{try{let r=await t.client.call("invitation.send",{to:e,...i?{message:i}:{}});t.relations.learn(n?.id,r.relation,o,r.invitation?.id)}catch(r){throw r instanceof g&&r.relation&&t.relations.learn(n?.id,r.relation,o),r}},`Request sent to ${s}.`)}var as=500;function fs(t){let{sent:e}=t.relations,s=e.items.map(({id:o})=>o).filter(o=>t.selected.has(o)),n=s.length===e.items.length&&e.cursor!==void 0,i=n?e.total:s.length;K(t,{title:i===1?"Cancel this request?":`Cancel ${i} requests?`,text:"They disappear for the people you sent them to. Nobody is notified.",yes:i===1?"Cancel request":`Cancel ${i} requests`,no:i===1?"Keep it":"Keep them",run:()=>Hn(t,n?"all":s)})}async function Hn(t,e){await t.run("withdraw_many",async()=>{let s=t.relations.mark(),n=0,i=0,o=0;for(let l=0;l===0||e!=="all"&&l<e.length;l+=as){let d=await t.client.call("invitation.withdraw_many",e==="all"?{all:!0}:{invitation_ids:e.slice(l,l+as)});n+=d.withdrawn.length;for(let m of d.withdrawn)cs(t,m,{state:"none"},s);for(let{invitation_id:m,error:f}of d.failed)f.data?.relation&&cs(t,m,f.data.relation,s),f.data?.reason==="invitation_accepted"?i++:o++}t.selected.clear(),t.said=`${x(n,"request")} cancelled.`;let r=[i?`${x(i,"request")} had just been accepted, so you\u2019re connected now.`:"",o?`${x(o,"request")} could not be cancelled. Try again.`:""].filter(Boolean);r.length&&t.tell({text:`${t.said} ${r.join(" ")}`,tone:o?"error":"info"})})}function cs(t,e,s,n){let i=t.relations.sent.items.find(({id:o})=>o===e)?.user;t.relations.learn(i?.id,s,n,e)}function K(t,e){t.dialog={kind:"confirm",no:"Keep",danger:!0,...e},t.changed()}var Fn=50,Wn=250,ls=0;function ps(t,e){t.search.query=e,t.search.error="",clearTimeout(ls),e.trim().length<2?(t.search.people=[],t.search.done=""):ls=window.setTimeout(()=>{mt(t)},Wn),t.changed()}async function mt(t,e=!1){let s=t.search.query.trim(),n=t.relations.mark(),i=Ve(s);if(i&&"phone"in i){Object.assign(t.search,{people:[],cursor:void 0,done:s}),t.changed();return}try{let o=await t.client.call("people.search",{query:s,...e&&t.search.cursor?{cursor:t.search.cursor}:{}});if(s!==t.search.query.trim())return;t.relations.learnPeople(o.people,n),t.search.people=e?[...t.search.people,...o.people]:o.people,t.search.cursor=o.next_cursor,t.search.done=s}catch(o){t.search.error=A(o).text}t.changed()}async function Yn(t){let e=t.relations.mark();try{let{people:s}=await t.client.call("people.recent",{limit:20});t.relations.learnPeople(s,e),t.recent=s}catch{}t.changed()}function ie(t){let e=t.route==="sessions"&&document.visibilityState==="visible",s=t.sessions.items.length>Fn;e&&!s&&t.status==="online"&&!t.dialog&&z(t)}async function z(t,e=!1){let{sessions:s}=t,n=s.query.trim();try{let i=await t.client.call("session.list",{...n?{query:n}:{},...e&&s.cursor?{cursor:s.cursor}:{}});if(n!==s.query.trim())return;s.items=e?[...s.items,...i.sessions]:i.sessions,s.cursor=i.next_cursor,s.loaded=!0}catch(i){t.tell(A(i))}t.changed()}var Kn={state:"none"},zn=1e3,Jn=50,ft=()=>({items:[],total:0,rev:0,loaded:!1}),Le=class{constructor(e,s){this.client=e;this.changed=s}client;changed;sent=ft();received=ft();declined=ft();connections={query:"",people:[],total:0,rev:0,loaded:!1};unseen=0;#e=new Map;#t=[];#s=!1;of(e,s=Kn){return e&&this.#e.get(e)||s}mark(){return this.client.rev}learn(e,s,n,i){if(e&&this.#n(e,n))return;e&&this.#e.set(e,s);let o=s.invitation?.user??(e?this.#l(e):void 0);this.#c({rev:0,user:o,relation:s,invitation_id:i,notify:!1,unseen:this.unseen}),this.changed()}learnPeople(e,s){for(let{user:n,relation:i}of e)n&&!this.#n(n.id,s)&&this.#e.set(n.id,i)}apply(e){this.#t.push(e),this.#t.length>zn&&this.#t.shift(),e.user&&this.#e.set(e.user.id,e.relation),this.unseen=e.unseen,this.#c(e),this.#r(e),this.changed()}async loadAll(){this.#e.clear(),this.#t=[],await Promise.all([this.loadBox("received"),this.loadBox("sent"),this.loadBox("declined"),this.loadConnections(),this.#o()])}async loadBox(e,s=!1){let n=this[e],i=await this.client.call("invitation.list",{box:e==="sent"?"sent":"received",state:e==="declined"?"declined":"pending",...s&&n.cursor?{cursor:n.cursor}:{}}),o=new Set(s?n.items.map(({id:r})=>r):[]);if(n.items=[...s?n.items:[],...i.invitations.filter(({id:r})=>!o.has(r))],s||(n.total=i.total),n.cursor=i.next_cursor,n.rev=i.rev,n.loaded=!0,e!=="declined"){this.unseen=this.#t.at(-1)?.unseen??i.unseen;for(let r of this.#i(i.rev))vs(n,e,r)}this.changed()}async loadConnections(e=!1,s=this.connections.query){let n=this.connections;n.query=s;let i=await this.client.call("connection.list",{...s?{query:s}:{},...e&&n.cursor?{cursor:n.cursor}:{}});if(s!==n.query)return;let o=new Set(e?n.people.map(({user:r})=>r?.id):[]);n.people=[...e?n.people:[],...i.people.filter(({user:r})=>!o.has(r?.id))],e||(n.total=i.total),n.cursor=i.next_cursor,n.rev=i.rev,n.loaded=!0;for(let r of this.#i(i.rev))gs(n,r);this.changed()}async#o(){let e;do{let s=await this.client.call("relation.list",{limit:200,...e?{cursor:e}:{}});for(let[n,i]of Object.entries(s.relations))this.#n(n,s.rev)||this.#e.set(n,i);e=s.next_cursor}while(e);this.changed()}#r({cause:e,user:s}){if(e==="undone"||e==="accepted"||e==="crossed"){let n=this.declined.items.filter(i=>i.user?.id!==s?.id);this.declined.total+=n.length-this.declined.items.length,this.declined.items=n}e!=="declined"||this.#s||(this.#s=!0,setTimeout(()=>{this.#s=!1,this.loadBox("declined").catch(()=>{})},Jn))}#i(e){return this.#t.filter(s=>s.rev>e)}#n(e,s){return this.#t.some(n=>n.rev>s&&n.user?.id===e)}#l(e){return[...this.sent.items,...this.received.items,...this.declined.items].find(({user:n})=>n?.id===e)?.user??this.connections.people.find(({user:n})=>n?.id===e)?.user}#c(e){for(let s of["sent","received"])ys(this[s],e)&&vs(this[s],s,e);ys(this.connections,e)&&gs(this.connections,e)}};function ys(t,e){return t.loaded&&(e.rev===0||e.rev>t.rev)}function vs(t,e,s){let{relation:n,user:i}=s,o=n.state===`invitation_${e}`?n.invitation:void 0,r=m=>m.id===(o?.id??s.invitation_id)||i!==void 0&&m.user?.id===i.id,l=t.items.findIndex(r),d=t.items.filter(m=>!r(m));t.total+=d.length-t.items.length,o&&(d.splice(Math.max(l,0),0,{...o,user:o.user??i}),t.total+=1),t.items=d,t.rev=Math.max(t.rev,s.rev)}function gs(t,e){let{relation:s,user:n}=e;if(t.rev=Math.max(t.rev,e.rev),!n)return;let i=t.people.findIndex(o=>o.user?.id===n.id);s.state==="connected"?i>=0?t.people[i]={...t.people[i],user:n,relation:s}:Gn(n,t.query)&&(t.people=[...t.people,{user:n,relation:s}].sort(Qn),t.total+=1):i>=0&&(t.people=t.people.filter((o,r)=>r!==i),t.total-=1)}function Gn(t,e){let s=J(e);if(!s)return!0;let n=J(t.name);return n.startsWith(s)||n.includes(` ${s}`)||J(t.username??"").startsWith(s)}var J=t=>t.normalize("NFD").replace(/\p{M}/gu,"").toLocaleLowerCase().trim(),Qn=(t,e)=>(t.user?.name??"").localeCompare(e.user?.name??"");var De=class{session;members=new Map;version=0;enter({session:e,members:s,version:n}){this.session=e,this.members=new Map(s.map(i=>[i.user.id,i])),this.version=n}leave(){this.session=void 0,this.members=new Map,this.version=0}apply(e){if(e.session_id!==this.session?.id||e.version<=this.version)return!0;if(e.version>this.version+1)return!1;this.version=e.version;for(let{user_id:s,number:n}of e.left??[])this.members.get(s)?.number===n&&this.members.delete(s);for(let s of[...e.joined??[],...e.updated??[]])this.members.set(s.user.id,s);return this.session={...this.session,member_count:this.members.size},!0}list(e,s){let n=J(e);return[...this.members.values()].filter(({user:o})=>J(o.name).includes(n)||J(o.username??"").includes(n)).sort(Zn[s])}},bs={host:0,cohost:1,member:2},$s=(t,e)=>t.joined_at.localeCompare(e.joined_at)||t.number-e.number,pt=(t,e)=>t.user.name.localeCompare(e.user.name)||$s(t,e),Zn={joined:$s,name:pt,role:(t,e)=>bs[t.role]-bs[e.role]||pt(t,e),device:(t,e)=>(t.devices[0]??"~").localeCompare(e.devices[0]??"~")||pt(t,e)};var yt="foyer.resume";var _s=()=>location.hash;async function As(){let t=ei();return!t?.device_id||t.identity!==_s()?void 0:await vt(t.device_id)?{epoch:t.epoch,rev:t.rev,device_id:t.device_id}:void 0}function qe(t){if(t)try{sessionStorage.setItem(yt,JSON.stringify({identity:_s(),...t}))}catch{}}function ks(){try{sessionStorage.removeItem(yt)}catch{}}var ws=new Set;function vt(t){return ws.has(t)?Promise.resolve(!0):navigator.locks?new Promise(e=>{let s=AbortSignal.timeout(400);navigator.locks.request(`foyer.device.${t}`,{signal:s},()=>(ws.add(t),e(!0),new Promise(()=>{}))).catch(()=>e(!1))}):Promise.resolve(Xn())}function Xn(){let[t]=performance.getEntriesByType("navigation");return t?.type==="reload"}function ei(){try{return JSON.parse(sessionStorage.getItem(yt)??"null")??void 0}catch{return}}var ti=8e3,si=1e4,ni=2e3,je=class{constructor(e,s,n,i){this.tokens=e;this.companion=s;this.changed=i;this.client=new pe({url:`${location.protocol==="https:"?"wss":"ws"}://${location.host}/v1/ws`,token:e.get,client:{name:"foyer-tablet",kind:s?"tablet":"web",...s?{companion:s}:{}},...n?{resume:n}:{}}),this.relations=new Le(this.client,i),this.#s()}tokens;companion;changed;status="starting";closedBecause="";draining=!1;hello;relations;room=new De;presences=new Map;own={status:"online",devices:[]};note;settings;settingsRev=0;route="here";hereQuery="";hereSort="joined";boxTab="received";selected=new Set;search={query:"",people:[],cursor:void 0,done:"",error:""};recent=[];sessions={query:"",items:[],cursor:void 0,loaded:!1};focusUser;focus;dialog;toasts=[];notice;said="";busy=new Set;signIn=()=>{};client;#e=0;#t=0;get me(){return this.hello?.user??{id:"",name:""}}get features(){return this.hello?.features??[]}start(){this.client.connect().catch(()=>{})}async run(e,s,n=""){if(!this.busy.has(e)){this.busy.add(e),this.changed();try{let i=await s();return this.said=n,i}catch(i){this.tell(A(i));return}finally{this.busy.delete(e),this.changed()}}}tell(e){this.notice=e,clearTimeout(this.#e),e&&(this.#e=window.setTimeout(()=>this.tell(void 0),ti)),this.changed()}dismissToast(e){this.toasts=this.toasts.filter(s=>s.id!==e),this.changed()}presenceOf(e){return(e.user&&this.presences.get(e.user.id))??e.presence}#s(){let e=(s,n)=>this.client.on(s,i=>{n(i),this.changed()});e("status",({status:s,reason:n,error:i})=>{s==="online"&&(this.status="online"),s==="offline"&&(this.status="offline"),s==="closed"&&this.#a(n,i),s!=="connecting"&&(this.draining=!1)}),e("hello",s=>{this.#o(s).catch(n=>this.#n(n))}),e("sync",({cause:s})=>{s==="gap"&&this.relations.loadAll().catch(n=>this.#n(n))}),e("relation.changed",s=>this.#l(s)),e("invitation.seen",({unseen:s})=>this.relations.unseen=s),e("settings.changed",({rev:s,settings:n})=>this.learnSettings(n,s)),e("people.focus_changed",s=>{s.person.user?.id===this.focusUser?.id&&this.learnFocus(s)}),e("presence.changed",({people:s})=>{for(let{user_id:n,presence:i}of s)n===this.me.id?this.learnOwn(i):this.presences.set(n,i)}),e("session.roster",s=>{this.room.apply(s)||this.rejoin(s.session_id)}),e("session.resync",s=>this.room.enter(s)),e("session.updated",({session:s})=>{s.id===this.room.session?.id&&(this.room.session=s)}),e("session.ended",({session_id:s,reason:n})=>{s===this.room.session?.id&&(this.room.leave(),this.tell({text:at[n]??"You left the session.",tone:"info"}),ie(this))}),e("server.draining",()=>this.draining=!0)}async#o(e){let s=this.hello===void 0||this.hello.user.id!==e.user.id;this.hello=e,this.relations.unseen=e.unseen,os(e.time),vt(e.device_id),qe(this.client.resume);let n=[this.#r(e),this.#i()];n.push(s||!e.resumed?this.relations.loadAll():this.relations.loadConnections()),(s||!e.resumed)&&n.push(this.client.call("settings.get").then(({settings:i,rev:o})=>this.learnSettings(i,o))),await Promise.all(n)}async#r({session_id:e}){e?this.companion||await this.rejoin(e):this.room.leave()}async rejoin(e){try{this.room.enter(await this.client.call("session.join",{session_id:e}))}catch(s){if(s instanceof g&&s.code===0)return;this.room.leave(),this.tell({text:at.closed,tone:"info"})}this.changed()}async#i(){let{person:e}=await this.client.call("people.focus",{user_id:this.me.id});e.presence&&this.learnOwn(e.presence);let s=this.focusUser;s?this.learnFocus(await this.client.call("people.focus",{user_id:s.id})):await this.client.call("people.unfocus",{})}#n(e){!(e instanceof g)||e.code===0||(this.tell(A(e)),!(e.reason!=="unavailable"&&e.reason!=="rate_limited")&&window.setTimeout(()=>{this.relations.loadAll().catch(s=>this.#n(s))},e.data.retry_after_ms??ni))}#l(e){this.relations.apply(e);for(let r of this.selected)this.relations.sent.items.some(l=>l.id===r)||this.selected.delete(r);let{user:s,cause:n}=e;if(!s)return;e.relation.state!=="connected"&&!this.room.members.has(s.id)&&this.presences.delete(s.id),this.toasts=this.toasts.filter(r=>r.user.id!==s.id);let i=n==="received"||n==="accepted"||n==="crossed";if(!e.notify||!i||this.own.status==="busy")return;let o={id:++this.#t,cause:n,user:s,invitationId:e.invitation_id};this.toasts=[...this.toasts,o].slice(-3),window.setTimeout(()=>this.#c(o.id),si)}#c(e){document.getElementById(`toast-${e}`)?.matches(":hover, :focus-within")?window.setTimeout(()=>this.#c(e),1e3):this.dismissToast(e)}#a(e,s){if(ks(),e==="token"){this.status="sign_in";let n=s&&s.reason!=="sign_in"?A(s).text:"";this.closedBecause=n||(this.hello?ct.token:"");return}this.status="closed",this.closedBecause=ct[e??""]??s?.message??"This device was disconnected."}learnSettings(e,s){s<this.settingsRev||(this.settings=e,this.settingsRev=s)}learnOwn(e){this.own=e,(!e.invisible||e.note)&&(this.note=e.note)}learnFocus(e){let{user:s,presence:n}=e.person;this.focus=e,s&&n&&s.id!==this.me.id&&this.presences.set(s.id,n)}};var Ss="foyer.theme";function Ts(){return document.documentElement.dataset.theme??"system"}function Es(t){Rs(t);try{localStorage.setItem(Ss,t)}catch{}}function Ms(){try{Rs(localStorage.getItem(Ss)??"system")}catch{}}function Rs(t){t==="light"||t==="dark"?document.documentElement.dataset.theme=t:delete document.documentElement.dataset.theme}var ii=5e3,gt=()=>new g(0,"Sign in to go on.",{reason:"sign_in"}),Be=class{constructor(e){this.name=e;addEventListener("message",s=>{let n=s.source===window.opener||window.parent!==window&&s.source===window.parent;s.origin!==location.origin||!n||s.data?.type==="foyer.token"&&typeof s.data.token=="string"&&this.hand(s.data.token)})}name;#e;#t=[];get automatic(){return!!(this.name||window.foyerToken||this.#e||this.#s)}get#s(){return window.parent===window?window.opener??void 0:window.parent}hand(e){this.#e=e.trim();for(let s of this.#t.splice(0))s(this.#e)}get=async({rejected:e})=>{if(window.foyerToken)return window.foyerToken();if(this.#e&&!e){let s=this.#e;return this.#s&&(this.#e=void 0),s}if(this.name)return this.#o(this.name);if(this.#s)return this.#r(this.#s);if(e||!this.#e)throw gt();return this.#e};async#o(e){let s;try{s=await fetch("/dev/token",{method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify({name:e})})}catch{throw new g(0,"The server can\u2019t be reached.",{reason:"unavailable"})}if(s.status>=500)throw new g(0,"The server is not ready.",{reason:"unavailable"});if(!s.ok)throw gt();return(await s.json()).token}#r(e){return e.postMessage({type:"foyer.token_wanted"},location.origin),new Promise((s,n)=>{this.#t.push(s),setTimeout(()=>n(gt()),ii)})}};var Cs={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Ps=t=>(...e)=>({_$litDirective$:t,values:e}),He=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,s,n){this._$Ct=e,this._$AM=s,this._$Ci=n}_$AS(e,s){return this.update(e,s)}update(e,s){return this.render(...s)}};var{I:oi}=Kt,Us=t=>t;var Vs=()=>document.createComment(""),oe=(t,e,s)=>{let n=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(s===void 0){let o=n.insertBefore(Vs(),i),r=n.insertBefore(Vs(),i);s=new oi(o,r,t,t.options)}else{let o=s._$AB.nextSibling,r=s._$AM,l=r!==t;if(l){let d;s._$AQ?.(t),s._$AM=t,s._$AP!==void 0&&(d=t._$AU)!==r._$AU&&s._$AP(d)}if(o!==i||l){let d=s._$AA;for(;d!==o;){let m=Us(d).nextSibling;Us(n).insertBefore(d,i),d=m}}}return s},q=(t,e,s=t)=>(t._$AI(e,s),t),ri={},Is=(t,e=ri)=>t._$AH=e,Os=t=>t._$AH,Fe=t=>{t._$AR(),t._$AA.remove()};var Ns=(t,e,s)=>{let n=new Map;for(let i=e;i<=s;i++)n.set(t[i],i);return n},k=Ps(class extends He{constructor(t){if(super(t),t.type!==Cs.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,s){let n;s===void 0?s=e:e!==void 0&&(n=e);let i=[],o=[],r=0;for(let l of t)i[r]=n?n(l,r):r,o[r]=s(l,r),r++;return{values:o,keys:i}}render(t,e,s){return this.dt(t,e,s).values}update(t,[e,s,n]){let i=Os(t),{values:o,keys:r}=this.dt(e,s,n);if(!Array.isArray(i))return this.ut=r,o;let l=this.ut??=[],d=[],m,f,h=0,v=i.length-1,y=0,$=o.length-1;for(;h<=v&&y<=$;)if(i[h]===null)h++;else if(i[v]===null)v--;else if(l[h]===r[y])d[y]=q(i[h],o[y]),h++,y++;else if(l[v]===r[$])d[$]=q(i[v],o[$]),v--,$--;else if(l[h]===r[$])d[$]=q(i[h],o[$]),oe(t,d[$+1],i[h]),h++,$--;else if(l[v]===r[y])d[y]=q(i[v],o[y]),oe(t,i[h],i[v]),v--,y++;else if(m===void 0&&(m=Ns(r,y,$),f=Ns(l,h,v)),m.has(l[h]))if(m.has(l[v])){let M=f.get(r[y]),Je=M!==void 0?i[M]:null;if(Je===null){let Et=oe(t,i[h]);q(Et,o[y]),d[y]=Et}else d[y]=q(Je,o[y]),oe(t,i[h],Je),i[M]=null;y++}else Fe(i[v]),v--;else Fe(i[h]),h++;for(;y<=$;){let M=oe(t,d[$+1]);q(M,o[y]),d[y++]=M}for(;h<=v;){let M=i[h++];M!==null&&Fe(M)}return this.ut=r,Is(t,d),P}});async function G(t,e,s){if(e.has_password&&s===void 0){t.dialog={kind:"password",session:e},t.changed();return}await t.run("join",async()=>{try{let n=await t.client.call("session.join",{session_id:e.id,...s?{password:s}:{}});t.room.enter(n),t.dialog=void 0,t.route="here",t.said=`You joined ${n.session.name}.`}catch(n){if(n instanceof g&&n.reason==="wrong_password")t.dialog={kind:"password",session:e,...s?{error:A(n).text}:{}};else if(t.dialog)$t(t,n);else throw ie(t),Hs(t,n)}})}async function Ls(t,e){await t.run("create",async()=>{try{t.room.enter(await t.client.call("session.create",e)),t.dialog=void 0,t.route="here"}catch(s){$t(t,Hs(t,s))}})}async function We(t){let e=t.room.session;if(!e)return;let s=()=>t.client.call("session.leave",{session_id:e.id});await t.run("leave",s,`You left ${e.name}.`)&&(t.room.session?.id===e.id&&t.room.leave(),z(t),t.changed())}async function Ye(t,e){let s=t.room.session?.id;s&&await t.run("update",async()=>{try{let{session:n}=await t.client.call("session.update",{session_id:s,...e});t.room.session?.id===s&&(t.room.session=n),t.dialog?.kind==="room"&&(t.dialog=void 0)}catch(n){if(t.dialog?.kind!=="room")throw n;$t(t,n)}})}async function be(t,e,s){let n=t.room.session?.id;n&&await t.run(`attributes ${s??""}`,async()=>{try{await t.client.call("session.set_attributes",{session_id:n,attributes:e,...s?{user_id:s}:{}})}catch(i){throw!s&&i instanceof g&&i.reason==="forbidden"&&"muted"in e?new g(i.code,"A host muted you. Ask them to unmute you.",{reason:"muted_by_host"}):i}})}async function Ds(t,e,s){let n=t.room.session?.id;if(!n)return;let i=()=>t.run(`role ${e.id}`,()=>t.client.call("session.set_role",{session_id:n,user_id:e.id,role:s}));if(s!=="host"){await i();return}K(t,{title:`Make ${e.name} the host?`,text:"You become a co-host.",yes:"Hand over",no:"Stay host",run:i})}function bt(t,e,s){let n=t.room.session?.id;n&&K(t,{title:s?`Ban ${e.name}?`:`Remove ${e.name} from the session?`,text:s?"They leave now and can\u2019t come back until you lift the ban.":"They leave now, and may join again.",yes:s?"Ban":"Remove",no:"Cancel",run:()=>t.run(`kick ${e.id}`,()=>t.client.call("session.kick",{session_id:n,user_id:e.id,...s?{ban:s}:{}}),`${e.name} ${s?"is banned":"was removed"}.`)})}async function qs(t){let e=t.room.session?.id;if(!e)return;t.dialog={kind:"bans"};let s=await t.run("bans",()=>t.client.call("session.bans",{session_id:e,limit:200}));t.dialog?.kind==="bans"&&(t.dialog=s?{kind:"bans",users:s.users}:void 0,t.changed())}async function js(t,e){let s=t.room.session?.id;s&&await t.run(`unban ${e.id}`,async()=>{await t.client.call("session.unban",{session_id:s,user_id:e.id}),t.dialog?.kind==="bans"&&(t.dialog={kind:"bans",users:t.dialog.users?.filter(n=>n.id!==e.id)})},`${e.name} may join again.`)}function Bs(t){let e=t.room.session;e&&K(t,{title:`Close ${e.name}?`,text:"Everyone leaves, and the session ends for good.",yes:"Close session",no:"Keep it open",run:()=>t.run("close",()=>t.client.call("session.close",{session_id:e.id}))})}function $t(t,e){if(!t.dialog||t.dialog.kind==="confirm"||t.dialog.kind==="bans")throw e;t.dialog={...t.dialog,error:A(e).text},t.changed()}function Hs(t,e){return!t.companion||!(e instanceof g)||e.reason!=="forbidden"?e:new g(e.code,"This tablet follows your headset. Put the headset on first.",{reason:"no_headset"})}var Fs={people:p`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.700a3.5 3.5 0 0 1 0 6.600M18 14.300c2 .8 3.2 2.7 3.5 5.7"/>`,door:p`<path d="M6 21V7a6 6 0 0 1 12 0v14M3.5 21h17"/><circle cx="14" cy="14" r=".8" fill="currentColor"/>`,here:p`<path d="M4 20V10l8-6 8 6v10"/><circle cx="12" cy="12" r="2.2"/><path d="M8 20c.2-2.6 1.7-4 4-4s3.8 1.4 4 4"/>`,link:p`<circle cx="7" cy="9" r="3"/><circle cx="17" cy="9" r="3"/><path d="M10 9h4M2.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.600M12.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.6"/>`,mail:p`<rect x="3" y="5" width="18" height="14" rx="3"/><path d="m4 8 8 5.500L20 8"/>`,add:p`<circle cx="10" cy="8" r="3.5"/><path d="M3.5 20c.4-4 3-6 6.5-6 1.4 0 2.7.3 3.7 1M18.5 14v7M15 17.500h7"/>`,you:p`<circle cx="12" cy="8" r="4"/><path d="M4 21c.5-4.7 3.6-7 8-7s7.5 2.3 8 7"/>`,search:p`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,close:p`<path d="M6 6l12 12M18 6 6 18"/>`,check:p`<path d="m5 12.5 4.5 4.500L19 7.5"/>`,hand:p`<path d="M8 12V5.500a1.5 1.5 0 0 1 3 0V11m0-.5v-6a1.5 1.5 0 0 1 3 0V11m0-4.500a1.5 1.5 0 0 1 3 0V12m0-2.500a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6.5-6 6.5-3 0-4.6-1.2-6-3.700L5 13.700c-.8-1.6 1.2-2.7 2.2-1.400L8 13.5"/>`,mic:p`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3"/>`,micOff:p`<path d="M15 9.500V6a3 3 0 0 0-6 0v5a3 3 0 0 0 4.6 2.500M5.5 11.500a6.5 6.5 0 0 0 10.3 5.200M18.5 11.500c0 1-.2 1.8-.5 2.600M12 18v3M4 4l16 16"/>`,lock:p`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,unlock:p`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 7.6-1.7"/>`,key:p`<circle cx="8" cy="15" r="4"/><path d="m11 12 8.5-8.500M16 7l3 3"/>`,leave:p`<path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>`,plus:p`<path d="M12 5v14M5 12h14"/>`,undo:p`<path d="M9 7 4.5 11.5 9 16M5 11.500h9a5 5 0 0 1 0 10h-2"/>`,block:p`<circle cx="12" cy="12" r="8.5"/><path d="m6 6 12 12"/>`,star:p`<path d="m12 4 2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.7-5 2.7 1.1-5.500L4 9.7 9.6 9z"/>`,phone:p`<path d="M6.5 3.500h3l1.5 4.5-2 1.500a11 11 0 0 0 5.5 5.500l1.5-2 4.5 1.500v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 5.500a2 2 0 0 1 2-2z"/>`,edit:p`<path d="M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19z"/>`,headset:p`<rect x="3" y="7" width="18" height="10" rx="4"/><path d="M9.5 17c.8-2 4.2-2 5 0"/>`,tablet:p`<rect x="5" y="3" width="14" height="18" rx="2.5"/><path d="M11 18h2"/>`,desktop:p`<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>`,mobile:p`<rect x="7" y="3" width="10" height="18" rx="2.5"/><path d="M11 18h2"/>`,web:p`<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.500c5 5.5 5 11.5 0 17-5-5.5-5-11.5 0-17z"/>`,bot:p`<rect x="5" y="8" width="14" height="11" rx="3"/><path d="M12 8V4M9 13v1M15 13v1"/>`},b=t=>a`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${Fs[t]}</svg>`,Ke=t=>b(t in Fs?t:"web"),wt=a`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" /><path d="M10 25V12a6 6 0 0 1 12 0v13" /><circle cx="16" cy="18" r="2.4" />
</svg>`;var ai=10;function w(t,e="m",s){let n=t?.name??"",i=t?.avatar_url&&/^(https:|\/(?!\/))/.test(t.avatar_url)?t.avatar_url:void 0;return a`<span class="avatar avatar-${e} hue-${di(t?.id??n)%ai}" aria-hidden="true">
    <span class="avatar-face">
      ${t?li(n):b("mail")}
      ${i?a`<img src=${i} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${ci} />`:c}
    </span>
    ${s?a`<span class="dot dot-${s}"></span>`:c}
  </span>`}function ci(t){t.target.remove()}function li(t){let e=t.split(/\s+/).filter(n=>/^[\p{L}\p{N}]/u.test(n));return(e.length>1?[e[0],e[e.length-1]]:e).map(n=>[...n][0].toLocaleUpperCase()).join("")||"\xB7"}function di(t){let e=2166136261;for(let s=0;s<t.length;s++)e=Math.imul(e^t.charCodeAt(s),16777619);return e>>>0}function Ws(t){if(!t)return"";let e=t.session?` \xB7 in ${t.session.name}`:"";return`${ee[t.status]??t.status}${e}`}function Q(t){let s={connected:["Connected","check","good"],invitation_sent:["Request sent","mail","wait"],invitation_received:["Wants to connect","mail","ask"],blocked:["Blocked","block","bad"]}[t.state];if(!s)return c;let[n,i,o]=s;return a`<span class="chip chip-${o}">${b(i)}<span>${n}</span></span>`}function u(t,e){return a`<button
    type="button"
    class="button button-${t.kind??"soft"} ${t.bare?"bare":""}"
    data-testid=${t.testid??c}
    title=${t.bare?t.label:c}
    aria-label=${t.bare?t.label:c}
    aria-pressed=${t.pressed===void 0?c:t.pressed}
    aria-busy=${t.busy?"true":c}
    ?disabled=${t.disabled}
    @click=${s=>{t.busy||e(s)}}
  >
    ${t.icon?b(t.icon):c}${t.bare?c:a`<span>${t.label}</span>`}
  </button>`}function S(t,e=c,s=2){let n=a`${t}${e}`;return s===1?a`<h1 class="heading" tabindex="-1">${n}</h1>`:a`<h2 class="heading" tabindex="-1">${n}</h2>`}function _(t,e,s,n=c){return a`<div class="empty">
    <span class="empty-icon">${b(t)}</span>
    <p class="empty-title">${e}</p>
    <p class="muted">${s}</p>
    ${n}
  </div>`}function j(t,e,s,n=t){return a`<label class="search">
    <span class="visually-hidden">${t}</span>
    ${b("search")}
    <input
      type="search"
      autocomplete="off"
      spellcheck="false"
      enterkeyhint="search"
      placeholder=${n}
      .value=${e}
      @input=${i=>s(i.target.value)}
    />
  </label>`}var T=(t=4)=>a`<ul class="rows" aria-hidden="true">
    ${Array.from({length:t},()=>a`<li class="row skeleton"><span></span></li>`)}
  </ul>`;function _t(t){t.dialog=void 0,t.changed()}function Ys(t){let{dialog:e}=t;switch(e?.kind){case void 0:return c;case"confirm":return ui(t,e);case"password":return hi(t,e);case"create":return pi(t,e);case"join_id":return mi(t,e);case"room":return yi(t,e);case"bans":return vi(t,e)}}function re(t,e,s,n,i){return a`<form
    class="dialog"
    method="dialog"
    @submit=${o=>{o.preventDefault(),s(new FormData(o.target))}}
  >
    <h2 id="dialog-title" class="heading" tabindex="-1">${t}</h2>
    ${e} ${n?a`<p class="inline-error" role="alert">${n}</p>`:c}
    <div class="dialog-foot">${i}</div>
  </form>`}var ae=(t,e,s)=>a`<button class="button button-${e}" aria-busy=${s?"true":c}><span>${t}</span></button>`,$e=(t,e="Cancel")=>u({label:e},()=>_t(t));function ui(t,{title:e,text:s,yes:n,no:i,danger:o,run:r}){let l=()=>{_t(t),r()},d=a`${$e(t,i)}${ae(n,o?"danger":"primary",!1)}`;return re(e,a`<p>${s}</p>`,l,void 0,d)}function hi(t,{session:e,error:s}){return re(`Join ${e.name}`,a`<label class="field">
      <span>Password</span>
      <input name="password" type="password" required maxlength="128" autocomplete="off" autofocus />
    </label>`,n=>{G(t,e,String(n.get("password")))},s,a`${$e(t)}${ae("Join","primary",t.busy.has("join"))}`)}function mi(t,{error:e}){return re("Join with a session ID",a`<label class="field">
      <span>Session ID</span>
      <input name="id" required maxlength="128" autocomplete="off" autofocus />
    </label>`,s=>{G(t,{id:String(s.get("id")).trim(),name:"the session"})},e,a`${$e(t)}${ae("Join","primary",t.busy.has("join"))}`)}var fi=[["public","Everyone can find it"],["connections","My connections can find it"],["private","Only with the ID or an invitation"]];function Ks(t,e=!0){return a`
    <label class="field">
      <span>Name</span>
      <input name="name" required maxlength="80" autocomplete="off" autofocus .value=${t?.name??""} />
    </label>
    <label class="field">
      <span>People at most</span>
      <input name="capacity" type="number" inputmode="numeric" min="1" max="1000" required .value=${String(t?.capacity??50)} />
    </label>
    ${e?a`<label class="field">
            <span>Who can find it</span>
            <select name="visibility">
              ${fi.map(([s,n])=>a`<option value=${s} ?selected=${s===(t?.visibility??"public")}>${n}</option>`)}
            </select>
          </label>
          <label class="field">
            <span>${t?.has_password?"New password (leave empty to keep it)":"Password (optional)"}</span>
            <input name="password" type="password" maxlength="128" autocomplete="new-password" />
          </label>`:c}
    ${e&&t?.has_password?a`<label class="check"><input type="checkbox" name="open" /><span>Remove the password</span></label>`:c}
  `}function pi(t,{error:e}){let s=i=>{Ls(t,{name:String(i.get("name")).trim(),capacity:Number(i.get("capacity")),visibility:i.get("visibility"),...i.get("password")?{password:String(i.get("password"))}:{}})},n=a`${$e(t)}${ae("Start session","primary",t.busy.has("create"))}`;return re("New session",Ks(),s,e,n)}function yi(t,{error:e}){let{session:s}=t.room;if(!s)return c;let n=r=>{let l=String(r.get("name")).trim(),d=Number(r.get("capacity")),m=r.get("visibility"),f=String(r.get("password")??"");Ye(t,{...l!==s.name?{name:l}:{},...d!==s.capacity?{capacity:d}:{},...m&&m!==s.visibility?{visibility:m}:{},...r.get("open")?{password:""}:f?{password:f}:{}})},i=a`${$e(t)}${ae("Save","primary",t.busy.has("update"))}`,o=t.room.members.get(t.me.id)?.role==="host";return re("Edit session",Ks(s,o),n,e,i)}function vi(t,{users:e}){let s=e?e.length?a`<ul class="rows" aria-label="Banned people">
          ${k(e,({id:n})=>n,n=>a`<li class="row">
              <span class="row-main"
                >${w(n)}<span class="row-words"><span class="row-name"><bdi>${n.name}</bdi></span></span></span
              >
              <span class="row-end">
                ${u({label:"Lift ban",busy:t.busy.has(`unban ${n.id}`)},()=>js(t,n))}
              </span>
            </li>`)}
        </ul>`:_("check","Nobody is banned","People you ban from this session are listed here."):T(1);return re("Banned people",s,()=>_t(t),void 0,ae("Done","primary",!1))}var gi=300;function At(t){let e=t.focus?.person.user??t.focusUser;return e?a`<div class="panel-inner" data-home data-testid="focus">
    <div class="panel-close">
      ${u({label:"Close",icon:"close",bare:!0,kind:"plain"},()=>se(t))}
    </div>
    ${bi(t,e)} ${t.focus?$i(t,t.focus,e):a`<div class="panel-loading" aria-busy="true"></div>`}
  </div>`:a`<div class="panel-empty">
      <span class="empty-icon">${b("you")}</span>
      <p class="muted">Tap someone to see who they are and what you can do.</p>
    </div>`}function bi(t,e){let s=t.presences.get(e.id)??t.focus?.person.presence,i=e.id===t.me.id?t.own:s;return a`<header class="profile">
    ${w(e,"l",i?.status)}
    <h2 class="heading profile-name" tabindex="-1"><bdi>${e.name}</bdi></h2>
    ${e.username?a`<p class="muted">@${e.username}</p>`:c}
    ${i?a`<p class="profile-presence">
            <span>${ee[i.status]}</span>
            ${i.devices.map(o=>a`<span class="device">${Ke(o)}<span>${Ue[o]??o}</span></span>`)}
          </p>
          ${i.session?a`<p class="muted profile-where" dir="auto">
                ${i.session.id===t.room.session?.id?"In this session":`In ${i.session.name}`}
              </p>`:c}`:c}
    ${i?.note?a`<p class="profile-note" dir="auto">${i.note}</p>`:c}
  </header>`}function $i(t,e,s){let n=new Map(e.actions.map(o=>[o.action,o])),i=t.relations.of(s.id,e.person.relation);return a`
    ${wi(i.state==="none"?c:Q(i),i.invitation??void 0)}
    <div class="actions">${_i(t,s,e,n)}</div>
    ${ki(t,s,n)}
    <div class="actions actions-last">
      ${V(t,n,"unblock",s,{label:"Unblock",icon:"block"},()=>us(t,s))}
      ${V(t,n,"block",s,{label:"Block",icon:"block",kind:"plain"},()=>ms(t,s))}
    </div>
  `}function wi(t,e){return t===c?c:a`<div class="relation" data-testid="focus-relation">
    ${t}
    ${e?a`<span class="muted"
          >${O(e.sent_at)}${e.direction==="sent"?` \xB7 expires ${ve(e.expires_at)}`:""}</span
        >`:c}
    ${e?.message?a`<p class="message" dir="auto">${e.message}</p>`:c}
  </div>`}function _i(t,e,s,n){let i=s.person.relation.invitation,o=t.presenceOf(s.person)?.session;return a`
    ${V(t,n,"withdraw",e,{label:"Cancel request",icon:"close",kind:"danger"},()=>Oe(t,e))}
    ${i?a`
          ${V(t,n,"accept",e,{label:"Accept",icon:"check",kind:"primary"},()=>D(t,i.id,e))}
          ${V(t,n,"decline",e,{label:"Decline"},()=>ne(t,i.id,e))}
        `:c}
    ${n.has("invite")?Ai(t,e,n):c}
    ${V(t,n,"undo_decline",e,{label:"Undo decline",icon:"undo"},()=>ds(t,e))}
    ${o&&o.id!==t.room.session?.id?V(t,n,"join_session",e,{label:"Join their session",icon:"door"},()=>G(t,o)):c}
    ${V(t,n,"remove_connection",e,{label:"Remove connection"},()=>hs(t,e))}
  `}function ze(t){let{user:e,relation:s}=t.focus?.person??{};if(!e||!s)return!1;let n=t.relations.of(e.id,s);return n.state!==s.state||n.invitation?.id!==s.invitation?.id}var zs=(t,e)=>ze(t)||t.busy.has(e.id)||t.busy.has(`kick ${e.id}`);function V(t,e,s,n,i,o){let r=e.get(s);if(!r)return c;let l=r.enabled?void 0:ye(r.reason,r.retry_at)??"Not possible right now.",d=zs(t,n);return a`<div class="action" data-testid="action-${s}">
    ${u({...i,busy:d,disabled:!r.enabled},o)}
    ${l?a`<p class="reason">${l}</p>`:c}
  </div>`}function Ai(t,e,s){let n=s.get("invite")?.enabled,i=l=>l.target.closest(".invite")?.querySelector("textarea")?.value.trim()??"",o=s.get("invite"),r=n?void 0:ye(o?.reason,o?.retry_at);return a`<div class="action invite" data-testid="action-invite">
    ${u({label:"Connect",icon:"add",kind:"primary",busy:zs(t,e),disabled:!n},l=>ge(t,{user_id:e.id},e.name,e,i(l)))}
    ${r?a`<p class="reason">${r}</p>`:c}
    ${n?a`<details class="add-note">
          <summary>Add a message</summary>
          <label>
            <span class="visually-hidden">Message to ${e.name}</span>
            <textarea rows="3" maxlength=${gi} placeholder="Say where you met, or what it’s about"></textarea>
          </label>
        </details>`:c}
  </div>`}function ki(t,e,s){if(!["set_role","mute","kick","ban"].some(l=>s.has(l)))return c;let i=t.room.members.get(e.id),o=i?.attributes.muted===!0;return a`<section class="host" aria-label="Host controls">
    <h3 class="subheading">In this session</h3>
    ${i&&s.has("set_role")?xi(t,e,i.role,s.get("set_role")):c}
    <div class="actions actions-grid">
      ${i?r("mute",o?"Unmute":"Mute",o?"mic":"micOff",()=>be(t,{muted:o?null:!0},e.id)):c}
      ${r("kick","Remove","leave",()=>bt(t,e,!1))}
      ${r("ban","Ban","block",()=>bt(t,e,!0))}
    </div>
  </section>`;function r(l,d,m,f){return V(t,s,l,e,{label:d,icon:m},f)}}function xi(t,e,s,n){let i=r=>{let l=r.target,d=l.value;l.value=s,Ds(t,e,d)},o=n?.enabled?void 0:ye(n?.reason,n?.retry_at);return a`<label class="select select-wide" data-testid="action-set_role">
      <span class="select-label">Role</span>
      <select aria-label="Role" .value=${s} ?disabled=${!n?.enabled} @change=${i}>
        ${["member","cohost","host"].map(r=>a`<option value=${r} ?selected=${r===s}>${te[r]}</option>`)}
      </select>
    </label>
    ${o?a`<p class="reason">${o}</p>`:c}`}var Js=0;function Si(t,e){clearTimeout(Js),Js=window.setTimeout(()=>Gs(t,!1,e.trim()),200)}function Gs(t,e,s=t.relations.connections.query){t.relations.loadConnections(e,s).catch(n=>t.tell(A(n)))}function Qs(t){let e=t.relations.connections;return a`<section data-home aria-label="Connections">
    ${S("Connections",a` <span class="count" data-testid="connections-total">${e.loaded?e.total:""}</span>`)}
    <div class="filters">
      ${j("Find a connection",e.query,s=>Si(t,s))}
    </div>
    ${e.loaded?e.people.length?a`<ul class="rows" aria-label="Connections">
            ${k(e.people,({user:s})=>s?.id,s=>ce(t,s))}
          </ul>`:e.query?_("search","Nobody by that name","Only people you\u2019re connected with are listed here."):_("link","No connections yet","Connect with people you meet to find them again.",u({label:"Add a connection",kind:"primary"},()=>E(t,"add"))):T()}
    ${e.cursor?u({label:"Show more"},()=>Gs(t,!0)):c}
  </section>`}function ce(t,e,s=c,n=c){let{user:i}=e;if(!i)return c;let o=t.presenceOf(e),r=o?.note?`\u201C${o.note}\u201D`:"",l=[Ws(o),r].filter(Boolean).join(" \xB7 ")||(i.username?`@${i.username}`:"");return a`<li class="row" data-testid="person-${i.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${t.focusUser?.id===i.id?"true":c}
      @click=${()=>N(t,i)}
    >
      ${w(i,"m",o?.status)}
      <span class="row-words">
        <span class="row-name"><bdi>${i.name}</bdi></span>
        <span class="row-more"><span class="clip" dir="auto">${l}</span></span>
        ${s}
      </span>
    </button>
    ${n===c?c:a`<span class="row-end">${n}</span>`}
  </li>`}function Zs(t){let{search:e}=t;return a`<section data-home aria-label="Add connection">
    ${S("Add connection")}
    <div class="filters">
      ${j("Search people",e.query,s=>ps(t,s),"Name or e-mail")}
    </div>
    ${e.error?a`<p class="inline-error" role="alert">${e.error}</p>`:c}
    ${e.query.trim().length<2?Ei(t):Ti(t)}
  </section>`}function Ti(t){let{people:e,cursor:s,done:n,query:i}=t.search;if(!n)return c;let o=[...e],r=Ve(i);return a`
    ${o.length?a`<ul class="rows" aria-label="Search results">
          ${k(o,l=>l.user?.id??l.address,l=>Xs(t,l))}
        </ul>`:c}
    ${r?Mi(t,r,i.trim()):c}
    ${!o.length&&!r?_("search","Nobody found","Check the spelling, or type a whole e-mail address to invite someone by it."):c}
    ${s?u({label:"Show more"},()=>mt(t,!0)):c}
  `}function Ei(t){return t.recent.length?a`
    <h3 class="subheading">People you met lately</h3>
    <ul class="rows" aria-label="People you met lately">
      ${k(t.recent,({user:e})=>e?.id,e=>Xs(t,e))}
    </ul>
  `:_("add","Find someone","Type at least two letters of a name or username, or a whole e-mail address.")}function Xs(t,e){let{user:s}=e;if(!s)return c;let n=t.relations.of(s.id,e.relation),i=t.busy.has(s.id),o=n.invitation;if(n.state==="none"){let r=u({label:"Connect",kind:"primary",busy:i},()=>ge(t,{user_id:s.id},s.name,s));return ce(t,e,c,r)}if(n.state==="invitation_sent"){let r=u({label:`Cancel request to ${s.name}`,icon:"close",bare:!0,busy:i,testid:"cancel-cross"},()=>Oe(t,s));return ce(t,e,c,a`${Q(n)}${r}`)}if(n.state==="invitation_received"&&o){let r=u({label:"Accept",kind:"primary",busy:i},()=>D(t,o.id,s));return ce(t,e,a`<span class="row-more"><span>Wants to connect</span></span>`,r)}return ce(t,e,c,Q(n))}function Mi(t,e,s){let n="email"in e?"email":"sms",i="email"in e?e.email:e.phone,o=Ri(t,i),r=t.busy.has(o?.id??i);return!o&&!t.features.includes(n)?a`<p class="muted hint">Inviting by ${n==="email"?"e-mail":"text message"} isn’t available here.</p>`:a`
    <h3 class="subheading">By ${n==="email"?"e-mail":"text message"}</h3>
    <ul class="rows" aria-label="By address">
      <li class="row" data-testid="address-row">
        <span class="row-main">
          ${w(void 0)}
          <span class="row-words">
            <span class="row-name"><bdi>${s}</bdi></span>
            <span class="row-more">
              <span>${o?`Invited ${O(o.sent_at)}`:"We\u2019ll send them an invitation"}</span>
            </span>
          </span>
        </span>
        <span class="row-end">
          ${o?a`<span class="chip chip-wait">${b("mail")}<span>Request sent</span></span>${u({label:`Cancel request to ${i}`,icon:"close",bare:!0,busy:r,testid:"cancel-cross"},()=>Ne(t,o))}`:u({label:"Invite",kind:"primary",busy:r},()=>ge(t,e,i))}
        </span>
      </li>
    </ul>
  `}function Ri(t,e){let s=e.toLowerCase(),{sent:n}=t.relations,i=n.items.find(o=>o.address?.toLowerCase()===s);return i||!n.cursor?i:t.search.people.find(o=>o.address?.toLowerCase()===s)?.relation.invitation}var Ci=[["joined","Joined"],["name","Name"],["role","Role"],["device","Device"]];function en(t){let{session:e,members:s}=t.room;if(!e)return a`<section data-home aria-label="In this session">
      ${S("In this session")}
      ${_("door","You\u2019re not in a session",t.companion?"This tablet follows your headset: join a session there, or pick one here.":"Join one to see who\u2019s around.",u({label:"Find a session",kind:"primary"},()=>E(t,"sessions")))}
    </section>`;let n=t.room.list(t.hereQuery,t.hereSort);return a`<section data-home aria-label="In this session">
    <div class="room">
      <div class="room-words">
        <h2 class="heading" tabindex="-1" dir="auto">${e.name}</h2>
        <p class="muted">
          ${e.locked?a`${b("lock")}Locked · `:c}<span data-testid="member-count"
            >${x(s.size,"person","people")}</span
          >
          of ${e.capacity}
        </p>
      </div>
      ${Pi(t)}
    </div>
    <div class="filters">
      ${j("Filter by name",t.hereQuery,i=>{t.hereQuery=i,t.changed()})}
      <label class="select">
        <span class="select-label">Sort</span>
        <select
          aria-label="Sort"
          @change=${i=>{t.hereSort=i.target.value,t.changed()}}
        >
          ${Ci.map(([i,o])=>a`<option value=${i} ?selected=${i===t.hereSort}>${o}</option>`)}
        </select>
      </label>
    </div>
    ${n.length?a`<ul class="rows" aria-label="People in this session">
          ${k(n,({user:i})=>i.id,i=>Ui(t,i))}
        </ul>`:_("search","Nobody by that name","Try another part of the name.")}
  </section>`}function Pi(t){let e=t.room.members.get(t.me.id)?.attributes??{},s=e.hand_raised===!0,n=e.muted===!0,i=t.busy.has("attributes ");return a`<div class="room-controls">
    ${u({label:s?"Lower hand":"Raise hand",icon:"hand",bare:!0,pressed:s,busy:i},()=>be(t,{hand_raised:s?null:!0}))}
    ${u({label:n?"Unmute":"Mute",icon:n?"micOff":"mic",bare:!0,pressed:n,busy:i},()=>be(t,{muted:n?null:!0}))}
    ${u({label:"Leave session",icon:"leave",bare:!0,busy:t.busy.has("leave")},()=>We(t))}
  </div>`}function Ui(t,e){let{user:s,role:n,attributes:i,devices:o,connected:r}=e,l=s.id===t.me.id,d=l?t.own:t.presences.get(s.id),m=r?d&&d.status!=="offline"?d.status:"online":"offline",f=t.relations.of(s.id);return a`<li class="row" data-testid="member-${s.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${t.focusUser?.id===s.id?"true":c}
      @click=${()=>N(t,s)}
    >
      ${w(s,"m",m)}
      <span class="row-words">
        <span class="row-name"><bdi>${s.name}</bdi>${l?a` <span class="tag">you</span>`:c}</span>
        <span class="row-more">
          ${r?c:a`<span class="warn">Reconnecting…</span>`}
          ${n==="member"?c:a`<span class="role">${b("star")}${te[n]}</span>`}
          ${o.map(h=>a`<span class="device">${Ke(h)}<span>${Ue[h]??h}</span></span>`)}
          ${r&&m!=="online"?a`<span>${ee[m]}</span>`:c}
        </span>
      </span>
      <span class="row-marks">
        ${i.hand_raised?a`<span class="mark mark-hand">${b("hand")}<span class="visually-hidden">Hand raised</span></span>`:c}
        ${i.muted?a`<span class="mark">${b("micOff")}<span class="visually-hidden">Muted</span></span>`:c}
        ${l?c:Q(f)}
      </span>
    </button>
  </li>`}function tn(t){return a`<section data-home aria-label="Invitations">
      ${S("Invitations")} ${Vi(t)}
    </section>
    <section data-home aria-label="Sent connection requests" class="apart">${Ni(t)}</section>`}function Vi(t){let{received:e,declined:s}=t.relations,n=t.boxTab,i=(o,r,l)=>a`<button
      type="button"
      class="segment"
      aria-pressed=${o===n}
      @click=${()=>{t.boxTab=o,t.changed()}}
    >
      ${r} <span class="count">${l||""}</span>
    </button>`;return a`
    <div class="segments" role="group" aria-label="Which invitations">
      ${i("received","Received",e.total)}${i("declined","Declined",s.total)}
    </div>
    ${sn(t,n,n==="received"?"Received requests":"Declined requests",{row:o=>n==="received"?Ii(t,o):Oi(t,o),none:n==="received"?_("mail","Nothing waiting for you","Requests from others show up here the moment they\u2019re sent."):_("undo","Nothing declined","Requests you decline wait here in case you change your mind.")})}
  `}function sn(t,e,s,{row:n,none:i}){let o=t.relations[e];if(!o.loaded)return T(2);if(!o.items.length)return i;let r=()=>t.relations.loadBox(e,!0).catch(l=>t.tell(A(l)));return a`<ul class="rows" aria-label=${s}>
      ${k(o.items,({id:l})=>l,n)}
    </ul>
    ${o.cursor?u({label:"Show more"},r):c}`}function kt(t,e,s){let{user:n,address:i,message:o}=e,r=a`
    ${w(n)}
    <span class="row-words">
      <span class="row-name"><bdi>${n?.name??i}</bdi></span>
      <span class="row-more"><span>${s}</span></span>
      ${o?a`<span class="message" dir="auto">${o}</span>`:c}
    </span>
  `;return n?a`<button
    type="button"
    class="row-main"
    aria-current=${t.focusUser?.id===n.id?"true":c}
    @click=${()=>N(t,n)}
  >
    ${r}
  </button>`:a`<span class="row-main">${r}</span>`}function Ii(t,e){let{id:s,user:n}=e,i=t.busy.has(n?.id??s),o=e.channel==="in_app"?"":` to ${e.address??"your address"}`;return a`<li class="row row-wrap" data-testid="received-${n?.id??s}">
    ${kt(t,e,`Sent ${O(e.sent_at)}${o}`)}
    <span class="row-end">
      ${u({label:"Decline",busy:i},()=>ne(t,s,n))}
      ${u({label:"Accept",kind:"primary",busy:i},()=>D(t,s,n))}
    </span>
  </li>`}function Oi(t,e){let{id:s,user:n}=e,i=e.resolved_at?` ${O(e.resolved_at)}`:"";return a`<li class="row row-wrap" data-testid="declined-${n?.id??s}">
    ${kt(t,e,`Declined${i}`)}
    <span class="row-end">
      ${u({label:"Undo",icon:"undo",busy:t.busy.has(n?.id??s)},()=>ht(t,s,n))}
    </span>
  </li>`}function Ni(t){let{items:e,total:s,loaded:n}=t.relations.sent;return a`
    ${S("Sent connection requests",a` <span class="count" data-testid="sent-total">${n&&s?s:""}</span>`)}
    ${e.length&&t.features.includes("withdraw_many")?Li(t):c}
    ${sn(t,"sent","Sent connection requests",{row:i=>Di(t,i),none:_("mail","No open requests","Requests you send stay here until they\u2019re answered, cancelled or expire.")})}
  `}function Li(t){let{items:e}=t.relations.sent,s=e.filter(({id:i})=>t.selected.has(i)).length,n=s===e.length;return a`<div class="selection">
    <label class="check">
      <input
        type="checkbox"
        .checked=${n}
        .indeterminate=${s>0&&!n}
        @change=${()=>{t.selected=new Set(n?[]:e.map(({id:i})=>i)),t.changed()}}
      />
      <span>Select all</span>
    </label>
    <span class="muted grow" aria-live="polite">${s?`${s} selected`:""}</span>
    ${u({label:s?`Cancel ${x(s,"request")}`:"Cancel requests",kind:"danger",disabled:s===0,busy:t.busy.has("withdraw_many"),testid:"cancel-selected"},()=>fs(t))}
  </div>`}function Di(t,e){let{id:s,user:n,address:i}=e,o=n?.name??i??"",r=e.channel==="in_app"?"":e.channel==="email"?" by e-mail":" by text message",l=t.features.includes("withdraw_many");return a`<li class="row" data-testid="sent-${n?.id??i}">
    ${l?a`<label class="check check-only">
          <input
            type="checkbox"
            aria-label=${`Select request to ${o}`}
            .checked=${t.selected.has(s)}
            @change=${()=>{t.selected.delete(s)||t.selected.add(s),t.changed()}}
          />
        </label>`:c}
    ${kt(t,e,`Sent ${O(e.sent_at)}${r} \xB7 expires ${ve(e.expires_at)}`)}
    ${l?c:a`<span class="row-end"
          >${u({label:`Cancel request to ${o}`,icon:"close",bare:!0,busy:t.busy.has(n?.id??s)},()=>Ne(t,e))}</span
        >`}
  </li>`}function xt(t){return t?a`<span class="badge" data-testid="unseen"
    >${t>99?"99+":t}<span class="visually-hidden"> new</span></span
  >`:c}var on={public:"Open to all",connections:"Host\u2019s connections",private:"By invitation"},nn=0;function rn(t){let{items:e,loaded:s,cursor:n,query:i}=t.sessions,o=e.filter(({id:r})=>r!==t.room.session?.id);return a`${t.room.session?ji(t,t.room.session):c}
    <section data-home aria-label="Sessions" class=${t.room.session?"apart":""}>
      ${S(t.room.session?"Other sessions":"Sessions")}
      <div class="filters">
        ${j("Find a session",i,r=>{t.sessions.query=r,clearTimeout(nn),nn=window.setTimeout(()=>z(t),250)})}
        ${u({label:"New",icon:"plus",kind:"primary"},()=>{t.dialog={kind:"create"},t.changed()})}
      </div>
      ${s?o.length?a`<ul class="rows" aria-label="Sessions">
              ${k(o,({id:r})=>r,r=>qi(t,r))}
            </ul>`:_("door",i?"No session by that name":"No sessions right now","Start one, and others can join you."):T(3)}
      ${n?u({label:"Show more"},()=>z(t,!0)):c}
      <p class="below">
        ${u({label:"Join with a session ID",icon:"key",kind:"plain"},()=>{t.dialog={kind:"join_id"},t.changed()})}
      </p>
    </section>`}function qi(t,e){let s=e.member_count>=e.capacity,n=[e.locked?a`<span class="chip">${b("lock")}<span>Locked</span></span>`:c,e.has_password?a`<span class="chip">${b("key")}<span>Password</span></span>`:c,s?a`<span class="chip chip-wait"><span>Full</span></span>`:c];return a`<li class="row" data-testid="session-${e.id}">
    <span class="row-main">
      <span class="session-icon">${b("door")}</span>
      <span class="row-words">
        <span class="row-name"><bdi>${e.name}</bdi></span>
        <span class="row-more">
          <span>${e.member_count} of ${e.capacity} · ${on[e.visibility]}</span>
          ${n}
        </span>
      </span>
    </span>
    <span class="row-end">
      ${u({label:"Join",kind:"primary",busy:t.busy.has("join")},()=>G(t,e))}
    </span>
  </li>`}function ji(t,e){let s=t.room.members.get(t.me.id)?.role??"member",n=()=>{t.dialog={kind:"room"},t.changed()},i=[`${x(t.room.members.size,"person","people")} of ${e.capacity}`,on[e.visibility],e.has_password?"Password":"",e.locked?"Locked":"",e.persistent?"Stays when empty":""];return a`<section data-home aria-label="Current session" class="card" data-testid="current-session">
    <p class="eyebrow">You’re in</p>
    <h2 class="heading" tabindex="-1" dir="auto">${e.name}</h2>
    <p class="muted">${i.filter(Boolean).join(" \xB7 ")}</p>
    <p class="muted">Your role: ${te[s]}</p>
    <div class="card-actions">
      ${u({label:"See who\u2019s here",icon:"people"},()=>E(t,"here"))}
      ${u({label:"Leave",icon:"leave",busy:t.busy.has("leave")},()=>We(t))}
    </div>
    ${s==="member"?c:a`<div class="card-actions host-row" role="group" aria-label="Host controls">
          ${u({label:e.locked?"Unlock":"Lock",icon:e.locked?"unlock":"lock",busy:t.busy.has("update")},()=>Ye(t,{locked:!e.locked}))}
          ${u({label:"Edit",icon:"edit"},n)}
          ${u({label:"Banned",icon:"block"},()=>qs(t))}
          ${s==="host"?u({label:"Close session",kind:"danger"},()=>Bs(t)):c}
        </div>`}
    <details class="share">
      <summary>Session ID</summary>
      <code>${e.id}</code>
    </details>
  </section>`}var Bi=[["online","Online",""],["away","Away",""],["busy","Busy","No pop-ups"],["invisible","Invisible","Looks like offline"]];function cn(t){return a`<section data-home aria-label="You">
      <div class="me">
        ${w(t.me,"l",t.own.invisible?"offline":t.own.status)}
        <div class="me-words">
          <h2 class="heading" tabindex="-1"><bdi>${t.me.name}</bdi></h2>
          <p class="muted">${[t.me.username?`@${t.me.username}`:"",t.me.email].filter(Boolean).join(" \xB7 ")}</p>
        </div>
      </div>
      ${Hi(t)}
    </section>
    <section data-home aria-label="Privacy" class="apart">${S("Privacy")} ${Yi(t)}</section>
    <section data-home aria-label="This tablet" class="apart">${S("This tablet")} ${zi(t)}</section>`}function an(t,e,s,n){t.run("presence",async()=>{let{presence:i}=await t.client.call("presence.set",{status:e,note:s,...n?{note_until:n}:{}});t.learnOwn({...i,...e==="invisible"?{invisible:!0}:{}}),t.note=s},"Your status is set.")}function Hi(t){let e=t.own.invisible?"invisible":t.own.status==="offline"?"online":t.own.status,s=t.note??"",n=i=>{i.preventDefault();let o=new FormData(i.target),r=Number(o.get("hours")),l=r?new Date(X()+r*36e5).toISOString():void 0;an(t,e,String(o.get("note")??"").trim(),l)};return a`<div class="statuses" role="group" aria-label="Status">
      ${Bi.map(([i,o,r])=>a`<button
          type="button"
          class="status"
          aria-pressed=${i===e}
          aria-busy=${t.busy.has("presence")?"true":c}
          @click=${()=>an(t,i,s)}
        >
          <span class="dot dot-${i==="invisible"?"offline":i}"></span>
          <span>${o}${r?a`<small>${r}</small>`:c}</span>
        </button>`)}
    </div>
    <form class="note-form" @submit=${n}>
      <label class="field grow">
        <span>Note</span>
        <input name="note" maxlength="128" autocomplete="off" placeholder="What you’re up to" .value=${s} />
      </label>
      <label class="field">
        <span>Clear after</span>
        <select name="hours">
          <option value="0">Never</option>
          <option value="1">1 hour</option>
          <option value="4">4 hours</option>
          <option value="24">1 day</option>
        </select>
      </label>
      <button class="button button-soft" aria-busy=${t.busy.has("presence")?"true":c}><span>Save note</span></button>
    </form>`}var Fi=[["everyone","Everyone"],["shared_session","People I\u2019ve shared a session with"],["email","People who know my e-mail address"],["nobody","Nobody"]],Wi=[["findable_by_name","Found by name","Others can find you by your name or username."],["findable_by_email","Found by e-mail","Whoever types your whole address can find you."],["recent_people","Shown among people met","People you shared a session with can see you in their list."],["email_reminders","Reminders by e-mail","A mail when a request waits for you."]];function Yi(t){let{settings:e}=t;if(!e)return T(3);let s=async(n,i)=>{let o=await t.run("settings",()=>t.client.call("settings.update",i),"Saved.");o?t.learnSettings(o.settings,o.rev):n instanceof HTMLInputElement?n.checked=!n.checked:n.value=e.invitable_by,t.changed()};return a`<label class="select select-wide">
      <span class="select-label">Who may send me requests</span>
      <select
        @change=${n=>{let i=n.target;s(i,{invitable_by:i.value})}}
      >
        ${Fi.map(([n,i])=>a`<option value=${n} ?selected=${n===e.invitable_by}>${i}</option>`)}
      </select>
    </label>
    ${Wi.map(([n,i,o])=>a`<label class="switch">
        <span class="switch-words"><span>${i}</span><small class="muted">${o}</small></span>
        <input
          type="checkbox"
          role="switch"
          .checked=${e[n]}
          @change=${r=>{let l=r.target;s(l,{[n]:l.checked})}}
        />
      </label>`)}`}var Ki=[["system","As the system"],["light","Light"],["dark","Dark"]];function zi(t){let{hello:e}=t,s=[["Node",e?.server.node],["Server",e?.server.version],["Device",e?.device_id],["Follows",t.companion?"your headset (companion)":void 0]];return a`<div class="segments" role="group" aria-label="Theme">
      ${Ki.map(([n,i])=>a`<button
          type="button"
          class="segment"
          aria-pressed=${n===Ts()}
          @click=${()=>{Es(n),t.changed()}}
        >
          ${i}
        </button>`)}
    </div>
    <dl class="facts">
      ${s.map(([n,i])=>i?a`<div><dt>${n}</dt><dd>${i}</dd></div>`:c)}
    </dl>
    ${t.tokens.automatic?c:u({label:"Sign out",icon:"leave"},()=>{t.client.close(),location.reload()})}`}var Ji=[["here","In this session","In session","here"],["connections","Connections","Connections","link"],["invitations","Invitations","Invitations","mail"],["add","Add connection","Add","add"]],Gi={here:en,connections:Qs,invitations:tn,add:Zs,sessions:rn,you:cn},dn=t=>t==="sessions"||t==="you"?t:"people",ln="here";function un(t,e){let s=dn(t.route);s==="people"&&(ln=t.route);let n=e&&t.focusUser!==void 0;return a`
    <div class="shell" ?inert=${n}>
      <header class="top">
        <div class="brand">${wt}<h1>Foyer</h1></div>
        ${Qi(t)}
        <button type="button" class="top-me" @click=${()=>E(t,"you")}>
          ${w(t.me,"s",t.own.invisible?"offline":t.own.status)}
          <span class="visually-hidden">You, ${t.me.name}</span>
        </button>
      </header>
      <nav class="rail" aria-label="Areas">
        ${St(t,"people","People","people",ln)}
        ${St(t,"sessions","Sessions","door","sessions")} ${St(t,"you","You","you","you")}
        <p class="node" title="The node that this device is on">${t.hello?.server.node}</p>
      </nav>
      <main class="list ${s==="people"?"":"list-alone"}">
        ${s==="people"?a`<nav class="tabs" aria-label="People">${Ji.map(i=>Zi(t,i))}</nav>`:c}
        <div class="scroll" data-route=${t.route}>
          ${t.hello?Gi[t.route](t):T()}
        </div>
      </main>
      ${e?c:a`<aside class="panel" aria-label="Person">${At(t)}</aside>`}
    </div>
    ${n?a`<div class="veil" @click=${()=>se(t)}></div>
          <div class="sheet" role="dialog" aria-modal="true" aria-label=${t.focusUser?.name??"Person"}>${At(t)}</div>`:c}
  `}function Qi(t){let e=t.room.session;return t.status==="offline"||t.draining?a`<p class="state" role="status" data-testid="offline">
      <span class="pulse"></span><span class="clip">${t.draining?"Switching servers\u2026":"Offline, retrying\u2026"}</span>
      ${t.status==="offline"?u({label:"Retry",kind:"plain"},()=>t.client.retryNow()):c}
    </p>`:a`<p class="state" role="status">
    ${e?a`<span class="state-session" dir="auto">${e.name}</span>`:c}
  </p>`}function St(t,e,s,n,i){let o=dn(t.route)===e;return a`<button
    type="button"
    class="rail-link"
    aria-current=${o?"page":c}
    @click=${()=>E(t,i)}
  >
    ${b(n)}<span>${s}</span>${e==="people"?xt(t.relations.unseen):c}
  </button>`}function Zi(t,[e,s,n,i]){return a`<button
    type="button"
    class="tab"
    aria-current=${t.route===e?"page":c}
    @click=${()=>E(t,e)}
  >
    ${b(i)}<span class="tab-long">${s}</span><span class="tab-short">${n}</span>
    ${e==="invitations"?xt(t.relations.unseen):c}
  </button>`}function hn(t){let e=t.status==="sign_in";return a`<main class="gate" data-home>
    ${wt}
    <h1 class="heading" tabindex="-1">${e?"Sign in to Foyer":"Disconnected"}</h1>
    ${t.closedBecause?a`<p role="alert">${t.closedBecause}</p>`:c}
    ${e?Xi(t):u({label:"Connect again",kind:"primary"},()=>location.reload())}
  </main>`}function Xi(t){return a`<form class="gate-form" @submit=${s=>{s.preventDefault();let n=String(new FormData(s.target).get("token")??"").trim();n&&t.signIn(n)}}>
    <label class="field">
      <span>Token</span>
      <textarea name="token" rows="4" required autocomplete="off" spellcheck="false"></textarea>
    </label>
    <p class="muted">The app that brought you here usually signs you in. Otherwise paste the token it gave you.</p>
    <button class="button button-primary"><span>Sign in</span></button>
  </form>`}var eo={received:"wants to connect",accepted:"accepted your request",crossed:"is now a connection"};function mn(t){return a`<div class="toasts" role="region" aria-label="New">
    <div role="status" aria-live="polite">
      ${k(t.toasts,({id:e})=>e,e=>to(t,e))}
    </div>
  </div>`}function to(t,{id:e,cause:s,user:n,invitationId:i}){let o=t.busy.has(n.id);return a`<div class="toast" id="toast-${e}" data-testid="toast">
    <button type="button" class="toast-main" @click=${()=>N(t,n)}>
      ${w(n)}
      <span><bdi class="strong">${n.name}</bdi> ${eo[s]}</span>
    </button>
    ${s==="received"&&i?a`<span class="toast-answers">
          ${u({label:"Decline",busy:o},()=>ne(t,i,n))}
          ${u({label:"Accept",kind:"primary",busy:o},()=>D(t,i,n))}
        </span>`:c}
    ${u({label:"Dismiss",icon:"close",bare:!0,kind:"plain"},()=>t.dismissToast(e))}
  </div>`}function fn(t){let{notice:e}=t;return a`<div class="notices">
    ${e?a`<div class="notice notice-${e.tone}" role=${e.tone==="error"?"alert":"status"} data-testid="notice">
          <span>${e.text}</span>
          ${u({label:"Dismiss",icon:"close",bare:!0,kind:"plain"},()=>t.tell(void 0))}
        </div>`:c}
  </div>`}var pn=matchMedia("(min-width: 900px)"),yn=1e3,so=12e4,Tt=class extends I{#e;#t;#s=!1;#o;#r;#i;#n=!1;createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=new URLSearchParams(location.hash.slice(1));this.#s=e.has("companion"),this.#t=new Be(e.get("as")??void 0),this.addEventListener("focusin",s=>this.#m(s.target)),this.addEventListener("keydown",s=>this.#$(s)),addEventListener("hashchange",()=>location.reload()),addEventListener("online",()=>this.#u()),addEventListener("offline",()=>this.#u()),addEventListener("pagehide",()=>this.#c()),document.addEventListener("visibilitychange",()=>{this.#c(),document.visibilityState==="visible"&&this.#u()}),pn.addEventListener("change",()=>this.requestUpdate()),setInterval(()=>this.#p(),30*yn),setInterval(()=>this.#b(),yn),this.#l()}async#l(){let e=await As(),s=new je(this.#t,this.#s,e,()=>{Ie(s),this.requestUpdate()});s.signIn=n=>{this.#t.hand(n),this.#l()},this.#e=s,s.start(),this.requestUpdate()}#c(){let e=this.#e;e?.hello&&e.status!=="closed"&&qe(e.client.resume)}render(){let e=this.#e;return e?e.status==="sign_in"||e.status==="closed"?hn(e):a`${un(e,!pn.matches)} ${mn(e)} ${fn(e)}
      <p class="visually-hidden" role="status" aria-live="polite" data-testid="said">${e.said}</p>
      <dialog aria-labelledby="dialog-title" @cancel=${this.#a} @click=${this.#f}>
        ${Ys(e)}
      </dialog>`:c}updated(){this.#h(),this.#v(),this.#d();let e=this.#e?.relations.unseen;document.title=e?`(${e}) Foyer`:"Foyer"}#a=e=>{e.preventDefault(),this.#e&&(this.#e.dialog=void 0),this.requestUpdate()};#f=e=>{e.target instanceof HTMLDialogElement&&this.#a(e)};#h(){let e=this.querySelector("dialog"),s=this.#e?.dialog!==void 0;!e||e.open===s||(s?e.showModal():e.close())}#v(){let e=this.querySelector(".sheet");e&&!this.#i?(this.#i=this.#o??document.body,e.querySelector(".heading")?.focus()):!e&&this.#i&&(this.#i instanceof HTMLElement&&this.#i.isConnected&&this.#i.focus(),this.#i=void 0)}#m(e){this.#o=e,this.#r=e.closest("[data-home]")??void 0}#d(){if(!(document.activeElement===document.body&&this.#o&&!this.#o.isConnected))return;(this.#r?.isConnected?this.#r:this.querySelector("[data-home]"))?.querySelector(".heading")?.focus({preventScroll:!0})}#u(){this.#e&&(this.#e.client.retryNow(),dt(this.#e),Ie(this.#e))}#p(){this.#e&&ie(this.#e),this.#e&&dt(this.#e),this.requestUpdate()}#b(){this.#e?.focus?.actions.some(({retry_at:s})=>s!==void 0&&Date.parse(s)-X()<so)&&this.requestUpdate(),this.#e&&this.#n&&ze(this.#e)&&ut(this.#e),this.#n=this.#e!==void 0&&ze(this.#e)}#$(e){let s=this.#e;e.key!=="Escape"||!s?.focusUser||s.dialog||se(s)}};Ms();customElements.define("foyer-app",Tt);
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
